import type { LogRecord } from '@irqmesh/protocol';
import type { LogIdentity } from '../port.ts';

/** A log's messages as they are stored, whether or not this program can read them: a stream, a file, memory. */
export interface RecordSource {
  /** How many partitions the tokens are spread over. */
  readonly partitions: number;
  identity(): Promise<LogIdentity>;
  /**
   * The messages of a range, both ends included, in order and without a gap; none when it ends before it begins. Only
   * a bounded number is held in memory, however slowly they are taken.
   * @throws RangeError for a range that is not within the log
   * @throws LogLostDataError or ExportLineError, naming the sequence, where a message is missing; the messages before
   *   it have been given then
   */
  records(fromSequence: number, untilSequence: number): AsyncIterable<LogRecord>;
}

/** A mistake of the calling program, so a plain RangeError. */
export function checkRange(from: number, until: number, { firstSequence, lastSequence }: LogIdentity): void {
  if (Number.isSafeInteger(from) && Number.isSafeInteger(until) && from >= firstSequence && until <= lastSequence) return;
  throw new RangeError(`events ${from} to ${until} are not within the log, which holds ${firstSequence} to ${lastSequence}`);
}
