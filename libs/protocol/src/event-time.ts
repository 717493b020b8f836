import { Errno, IrqBypassError } from '@irqmesh/domain';

/** The last millisecond of the year 9999: RFC 3339 has four digits for the year. */
const MAX_TIME_MS = 253_402_300_799_999;

/** `2026-01-31T08:15:00.123Z` for milliseconds since 1970. */
export function formatEventTime(timeMs: number): string {
  if (!Number.isSafeInteger(timeMs) || timeMs < 0 || timeMs > MAX_TIME_MS) {
    throw new IrqBypassError(Errno.EINVAL, `${timeMs} is not a time in whole milliseconds from 1970 to 9999`);
  }
  // oxlint-disable-next-line no-restricted-globals -- of a time that is given
  return new Date(timeMs).toISOString();
}

/** Neighbours in a log are mostly of one minute, so the last minute's start is kept. */
let lastMinute = '';
let lastMinuteMs = 0;

/** @throws IrqBypassError -EINVAL for anything but the form that `formatEventTime` writes. */
export function parseEventTime(text: string): number {
  if (text.length !== 24 || text[16] !== ':' || text[19] !== '.' || text[23] !== 'Z') throw notATime(text);
  const minute = text.slice(0, 16);
  if (minute !== lastMinute) {
    // oxlint-disable-next-line no-restricted-globals -- of a time that is given
    const parsed = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(minute) ? Date.parse(`${minute}:00.000Z`) : Number.NaN;
    // oxlint-disable-next-line no-restricted-globals -- of a time that is given
    if (Number.isNaN(parsed) || !new Date(parsed).toISOString().startsWith(minute)) throw notATime(text);
    lastMinuteMs = parsed;
    lastMinute = minute;
  }
  const seconds = digit(text, 17) * 10 + digit(text, 18);
  if (seconds > 59) throw notATime(text);
  return lastMinuteMs + seconds * 1000 + digit(text, 20) * 100 + digit(text, 21) * 10 + digit(text, 22);
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  if (value >= 0 && value <= 9) return value;
  throw notATime(text);
}

function notATime(text: string): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, `${JSON.stringify(text.slice(0, 40))} is not a time like 2026-01-31T08:15:00.123Z`);
}
