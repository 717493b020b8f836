import { callbackSet, emptyTokenState } from '@irqmesh/domain';
import type { ReadModelBatch } from '../src/read-model/port.ts';

/** How many tokens a batch of `hold-read-model.ts` has. */
export const BATCH_TOKENS = 500;

/** A batch of producers that wait, with tokens and sequences that go on from `from`. */
export function waitingBatch(from: number, count: number): ReadModelBatch {
  const tokens = Array.from({ length: count }, (_, index) => {
    const token = `host-a/boot-1/eventfd-${from + index}`;
    const sequence = from + index + 1;
    const producer = {
      side: 'producer' as const,
      sequence,
      participant: { host: 'host-a', session: 's1', id: `vector-${from + index}` },
      irq: index,
      callbacks: callbackSet('producer', []),
      deadlineMs: 5_000,
      requestId: `r${sequence}`,
      gone: false,
    };
    return { ...emptyTokenState(token), producer, lastSequence: { producer: sequence, consumer: 0, pair: 0 } };
  });
  return { checkpoint: { createdMs: 1, sequence: from + count, eventId: `e${from + count}` }, tokens, participants: [] };
}
