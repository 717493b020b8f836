import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { event } from '../test-support/arbitraries.ts';
import { encodeEvent } from './event-codec.ts';
import { EventHeader } from './event-headers.ts';
import { checkRecord, decodeRecord, expectedLastSequence } from './log-record.ts';
import type { LogRecord } from './log-record.ts';

const recorded = event.map((original): LogRecord => ({ sequence: 7, ...encodeEvent(original, 16) }));

describe('a record of the log', () => {
  it('is its event, with a checksum that fits', () => {
    fc.assert(
      fc.property(event, (original) => {
        const record: LogRecord = { sequence: 7, ...encodeEvent(original, 16) };
        expect(decodeRecord(record)).toEqual({ ...original, sequence: 7 });
        expect(checkRecord(record)).toBe('right');
      }),
    );
  });

  it.each(['ce-id', 'ce-source', 'ce-type', 'ce-time', 'ce-subject', 'ce-causationid', 'traceparent', 'ce-schemaversion', 'content-type'])('shows a change of %s', (name) => {
    fc.assert(fc.property(recorded, (record) => expect(checkRecord({ ...record, headers: { ...record.headers, [name]: `${record.headers[name] ?? ''}x` } })).toBe('wrong')));
  });

  it('shows a change of any byte of the payload, and of the subject', () => {
    fc.assert(
      fc.property(recorded, fc.nat(), fc.integer({ min: 1, max: 255 }), (record, place, change) => {
        const payload = Uint8Array.from(record.payload);
        payload[place % payload.length]! ^= change;
        expect(checkRecord({ ...record, payload })).toBe('wrong');
        expect(checkRecord({ ...record, subject: `${record.subject}A` })).toBe('wrong');
      }),
    );
  });

  it('says that there is no checksum where the first release wrote it', () => {
    fc.assert(
      fc.property(recorded, (record) => {
        const headers = { ...record.headers };
        delete headers[EventHeader.checksum];
        expect(checkRecord({ ...record, headers })).toBe('absent');
      }),
    );
  });

  it('tells which sequence its writer expected', () => {
    const [record] = fc.sample(recorded, 1);
    const expecting = (text: string): LogRecord => ({ ...record!, headers: { ...record!.headers, [EventHeader.expectedLastSequence]: text } });
    expect(expectedLastSequence(record!)).toBeUndefined();
    expect(expectedLastSequence(expecting('0'))).toBe(0);
    expect(expectedLastSequence(expecting('9007199254740991'))).toBe(Number.MAX_SAFE_INTEGER);
    for (const text of ['', '-1', '01', '1.5', '9007199254740992', 'x']) expect(() => expectedLastSequence(expecting(text))).toThrow(/which is no sequence/);
  });
});
