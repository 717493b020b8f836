import { LogLostDataError } from '@irqmesh/event-log';
import { ExportLineError, recordFacts } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import { LogVerifier } from '@irqmesh/replay';
import type { Finding, VerifySummary } from '@irqmesh/replay';
import { Progress } from '../log/progress.ts';

/** A log that is read to its end, whatever is found. */
export interface LogUnderCheck {
  readonly partitions: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly records: AsyncIterable<LogRecord>;
}

export interface Verdict {
  /** The first ones, in the log's order. */
  readonly findings: readonly Finding[];
  readonly summary: VerifySummary;
  /** Whether the log could be read to its end; where it could not, the last finding tells why. */
  readonly complete: boolean;
}

/**
 * Checks a log to its end, or to where it cannot be read any further.
 * @param limit how many findings are kept; all are counted
 * @throws what reading throws, unless that is about what the log holds; the signal's reason when it was aborted
 */
export async function verifyRecords(log: LogUnderCheck, limit: number, signal: AbortSignal): Promise<Verdict> {
  const { promise: aborted, reject: abort } = Promise.withResolvers<never>();
  const onAbort = (): void => abort(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    // An abort does not wait for a log that hangs.
    return await Promise.race([verifyAll(log, limit, signal), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function verifyAll({ partitions, firstSequence, lastSequence, records }: LogUnderCheck, limit: number, signal: AbortSignal): Promise<Verdict> {
  const verifier = new LogVerifier({ firstSequence });
  const findings: Finding[] = [];
  const keep = (finding: Finding | undefined): void => {
    if (finding !== undefined && findings.length < limit) findings.push(finding);
  };
  const progress = new Progress('verifying', process.stderr, () => performance.now());
  let complete = true;
  let next = firstSequence;
  let done = 0;
  try {
    for await (const record of records) {
      if (signal.aborted) break;
      keep(verifier.add(recordFacts(record, partitions)));
      next = record.sequence + 1;
      progress.update(++done, Math.max(done, lastSequence - firstSequence + 1));
    }
  } catch (error) {
    if (!(error instanceof LogLostDataError || error instanceof ExportLineError)) throw error;
    complete = false;
    keep(verifier.add({ sequence: next, unreadable: error.message }));
  } finally {
    progress.end();
  }
  if (complete) keep(verifier.checkEnd(lastSequence));
  return { findings, summary: verifier.finish(), complete };
}
