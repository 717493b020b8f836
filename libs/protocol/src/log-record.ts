import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import { eventChecksum } from './checksum.ts';
import { decodeEvent } from './event-codec.ts';
import { EventHeader } from './event-headers.ts';

/** A message of the log with all that the stream keeps of it, for backups and for whoever checks the log. */
export interface LogRecord {
  /** The stream's sequence, from 1. */
  readonly sequence: number;
  readonly subject: string;
  /** Every header under the name that it was sent with; no event has one twice. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/** @throws EventDecodeError for a record that is no event this program can read. */
export function decodeRecord({ subject, sequence, headers, payload }: LogRecord): LogEvent {
  return decodeEvent({ subject, sequence, headers: { get: (name) => headers[name] ?? '' }, payload });
}

/** Whether a record is as its writer made it; `absent` for events of the first release, which carry no checksum. */
export function checkRecord({ subject, headers, payload }: LogRecord): 'right' | 'wrong' | 'absent' {
  const claimed = headers[EventHeader.checksum];
  if (claimed === undefined) return 'absent';
  return claimed === eventChecksum(subject, (name) => headers[name] ?? '', payload) ? 'right' : 'wrong';
}

/**
 * The sequence that the event's writer expected to be the last of its subject, 0 for none; undefined for a note.
 * @throws IrqBypassError -EINVAL for a header that holds no sequence
 */
export function expectedLastSequence({ headers }: LogRecord): number | undefined {
  const text = headers[EventHeader.expectedLastSequence];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^(?:0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new IrqBypassError(Errno.EINVAL, `the header ${EventHeader.expectedLastSequence} is ${JSON.stringify(text.slice(0, 40))}, which is no sequence`);
}
