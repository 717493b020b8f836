import { describe, expect, it } from '@jest/globals';
import { IrqBypassError } from '@irqmesh/domain';
import fc from 'fast-check';
import { name, uint32 } from '../test-support/arbitraries.ts';
import { encodePartitionLease, encodeSessionRecord, parsePartitionLease, parseSessionRecord } from './session-record.ts';

const holdings = fc.record({ count: uint32, digest: uint32 });
const timeMs = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('a session record', () => {
  it('comes back as it went', () => {
    const record = fc.record({ host: name, session: name, replaces: fc.option(name, { nil: undefined }), openedMs: timeMs, producers: holdings, consumers: holdings });
    fc.assert(fc.property(record, (original) => expect(parseSessionRecord(encodeSessionRecord(original))).toEqual(original)));
  });

  it('is JSON that people can read', () => {
    const text = encodeSessionRecord({ host: 'a', session: 's', openedMs: 5, producers: { count: 0, digest: 0 }, consumers: { count: 1, digest: 7 } });
    expect(JSON.parse(text)).toEqual({ host: 'a', session: 's', openedUnixMs: '5', producers: { count: 0, digest: 0 }, consumers: { count: 1, digest: 7 } });
  });

  it('may hold fields of newer agents', () => {
    expect(parseSessionRecord('{"host":"a","session":"s","producers":{},"consumers":{},"colour":"red"}')).toMatchObject({ host: 'a', session: 's' });
  });

  it.each([
    ['', /not a SessionRecord in JSON/],
    ['{}', /lacks its producers or consumers/],
    ['{"host":"a.b","session":"s","producers":{},"consumers":{}}', /the host name "a.b" is not/],
    ['{"host":"a","session":"","producers":{},"consumers":{}}', /the session name "" is not/],
    ['{"host":"a","session":"s","replaces":"*","producers":{},"consumers":{}}', /the session name "\*" is not/],
    ['{"host":"a","session":"s","producers":{"count":-1},"consumers":{}}', /not a SessionRecord in JSON/],
  ])('is not %j', (text, expected) => {
    expect(() => parseSessionRecord(text)).toThrow(expected);
    expect(() => parseSessionRecord(text)).toThrow(IrqBypassError);
  });
});

describe('a partition lease', () => {
  it('comes back as it went', () => {
    fc.assert(fc.property(name, timeMs, (matcher, takenMs) => expect(parsePartitionLease(encodePartitionLease({ matcher, takenMs }))).toEqual({ matcher, takenMs })));
  });

  it.each(['', '[]', '{}'])('is not %j', (text) => {
    expect(() => parsePartitionLease(text)).toThrow(IrqBypassError);
  });
});
