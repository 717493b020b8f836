import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventMessages } from '../corpus/events.ts';
import { mutateJson } from './json.ts';
import { mutateProtobuf } from './protobuf.ts';
import { steps } from './steps.ts';
import { mutateText } from './text.ts';
import { mutateXml } from './xml.ts';

const XML = "<domain type='kvm'>\n <name>a</name>\n <devices><hostdev mode='x'/></devices>\n</domain>\n";
const MOST = 2 * 1024 * 1024;

describe('without steps nothing changes', () => {
  it('protobuf, JSON, text, XML', () => {
    fc.assert(fc.property(eventMessages, ({ payload }) => expect(Buffer.from(mutateProtobuf(payload, []))).toEqual(Buffer.from(payload))));
    fc.assert(fc.property(fc.json(), (text) => expect(mutateJson(text, [])).toBe(JSON.stringify(JSON.parse(text)))), { examples: [['{"a":[1,{"b":null}]}']] });
    expect(mutateText('a b\nc', [], ['x'])).toBe('a b\nc');
    expect(mutateXml(XML, [])).toBe(XML);
  });
});

describe('with any steps', () => {
  it('something comes out, bounded in size', () => {
    fc.assert(fc.property(eventMessages, steps, ({ payload }, done) => expect(mutateProtobuf(payload, done).length).toBeLessThan(MOST)));
    fc.assert(fc.property(fc.jsonValue(), steps, (value, done) => expect(mutateJson(JSON.stringify(value), done).length).toBeLessThan(MOST)));
    fc.assert(fc.property(steps, (done) => expect(mutateText('a b\nc 1 2\n', done, ['x', 'yy']).length).toBeLessThan(MOST)));
    fc.assert(fc.property(steps, (done) => expect(mutateXml(XML, done).length).toBeLessThan(MOST)));
  });

  it('each kind of step shows: fields twice, lies of length, overlong varints, __proto__, duplicate keys, entities, attributes', () => {
    const message = Uint8Array.of(0x0a, 0x01, 0x61);
    const at = (op: number, value: number) => [...mutateProtobuf(message, [{ op, at: 0, value }])];
    expect(at(0, 0)).toEqual([]);
    expect(at(1, 0)).toEqual([0x0a, 1, 0x61, 0x0a, 1, 0x61]);
    expect(at(5, 1)).toEqual([0x0a, 2, 0x61]);
    expect(at(6, 0)).toEqual([0x0a, 0x81, 0, 0x61]);
    expect(mutateJson('{"a":1}', [{ op: 2, at: 1, value: 0 }])).toBe('{"__proto__":1}');
    expect(mutateJson('{"a":1}', [{ op: 5, at: 1, value: 0 }])).toBe('{"a":null,"a":1}');
    expect(mutateXml('<a b="1"/>', [{ op: 5, at: 0, value: 0 }])).toBe('<a __proto__="1"/>');
    expect(mutateXml('<a b="1"/>', [{ op: 4, at: 0, value: 9 << 4 }])).toBe('<a b="&#0;"/>');
  });
});
