import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonText } from './json-text.ts';
import { decodeRegistryReply } from './registry-messages.ts';
import { parseSessionRecord } from './session-record.ts';

describe('parseJsonText', () => {
  it.each(['-0', '-0.0', '-0e5', '[-0]', '{"a":{"b":-0}}'])('has no -0 for %s', (text) => {
    expect(parseJsonText(text)).toEqual(JSON.parse(text.replaceAll(/-0(\.0|e5)?/g, '0')));
  });

  it('is JSON.parse in all else', () => {
    fc.assert(fc.property(fc.json(), (text) => expect(parseJsonText(text)).toEqual(JSON.parse(text, (_key, value: unknown) => (value === 0 ? 0 : value)))));
    expect(Object.keys(parseJsonText('{"__proto__":{"a":-0}}')!)).toEqual(['__proto__']);
    expect(() => parseJsonText('{"a":-0')).toThrow(SyntaxError);
  });

  it('serves calls and buckets', () => {
    const reply = '{"items":[{"requestId":"r","settlement":"SETTLEMENT_SETTLED","result":-0}]}';
    expect(decodeRegistryReply(Buffer.from(reply), 'application/json').items[0]!.result).toBe(0);
    const record = '{"host":"h","session":"s","openedUnixMs":"1","producers":{"count":-0,"digest":0},"consumers":{}}';
    expect(parseSessionRecord(record).producers.count).toBe(0);
  });
});
