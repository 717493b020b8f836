import { describe, expect, it } from '@jest/globals';
import { IrqBypassError } from '@irqmesh/domain';
import fc from 'fast-check';
import { formatEventTime, parseEventTime } from './event-time.ts';

describe('the time of an event', () => {
  it('comes back as it went', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (timeMs) => expect(parseEventTime(formatEventTime(timeMs))).toBe(timeMs)));
  });

  it('is RFC 3339 with milliseconds', () => {
    expect(formatEventTime(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(parseEventTime('2026-01-31T08:15:00.123Z')).toBe(Date.UTC(2026, 0, 31, 8, 15, 0, 123));
  });

  it.each(['', '2026-01-31T08:15:00Z', '2026-01-31T08:15:00.123+00:00', '2026-02-30T08:15:00.123Z', '2026-01-31T24:15:00.123Z', '2026-01-31T08:15:60.000Z', '2026-01-31T08:15:0x.123Z', '2026-01-31 08:15:00.123Z'])(
    'is not %j',
    (text) => {
      // Asked twice, with a good one of the same minute between: what is kept of a minute must not let it pass.
      expect(() => parseEventTime(text)).toThrow(IrqBypassError);
      parseEventTime('2026-01-31T08:15:00.123Z');
      expect(() => parseEventTime(text)).toThrow(IrqBypassError);
    },
  );

  it.each([-1, 0.5, Number.NaN, 253_402_300_800_000])('cannot be %d ms', (timeMs) => {
    expect(() => formatEventTime(timeMs)).toThrow(IrqBypassError);
  });
});
