import { LogLostDataError } from './port.ts';
import type { Checkpoint, LogIdentity } from './port.ts';

/**
 * Checks that a log still holds all that was read from it: it is the same log, it reaches at least as far, and the
 * event at the checkpoint is the one that was read.
 * @param idAt gives the id of the event at a sequence of the log, undefined where there is none
 * @throws LogLostDataError
 */
export async function checkCheckpoint(after: Checkpoint, log: LogIdentity, idAt: (sequence: number) => Promise<string | undefined>): Promise<void> {
  if (after.createdMs === 0 && after.sequence === 0) return;
  if (after.createdMs !== log.createdMs) {
    throw lostData(after, `it was made at ${formatTime(after.createdMs)}, the one that is there now at ${formatTime(log.createdMs)}`);
  }
  if (after.sequence === 0) return;
  if (after.sequence > log.lastSequence) throw lostData(after, `it ends at sequence ${log.lastSequence}`);
  const id = await idAt(after.sequence);
  if (id === undefined) throw lostData(after, 'there is no event at that sequence');
  if (id !== after.eventId) throw lostData(after, `event ${after.eventId} stood there, now it is ${id}`);
}

/** The sequence that is to be read next. */
export function nextSequence(after: Checkpoint, log: LogIdentity): number {
  return after.sequence === 0 ? log.firstSequence : after.sequence + 1;
}

function lostData(after: Checkpoint, what: string): LogLostDataError {
  return new LogLostDataError(`the log has lost data: it was read up to sequence ${after.sequence}, but ${what}`);
}

function formatTime(ms: number): string {
  // oxlint-disable-next-line no-restricted-globals -- of a time that is given
  return new Date(ms).toISOString();
}
