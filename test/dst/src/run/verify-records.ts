import { recordFacts } from '@irqmesh/protocol';
import { LogVerifier } from '@irqmesh/replay';
import type { RunRecord } from './simulation.ts';

/** Whether `irqmesh verify` finds the log that a run wrote as it should be; a sentence for each event that is not. */
export function verifyRecords({ records, history, shape }: Pick<RunRecord, 'records' | 'history' | 'shape'>): string[] {
  const verifier = new LogVerifier({ lateCopies: history.requestsRepeated });
  return records.flatMap((record) => {
    const finding = verifier.add(recordFacts(record, shape.partitions));
    return finding === undefined ? [] : [`event ${finding.sequence} (${finding.type ?? 'unreadable'} ${finding.token ?? ''}) breaks ${finding.invariant}: ${finding.sentence}`];
  });
}
