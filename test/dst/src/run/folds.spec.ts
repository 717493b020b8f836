import { describe, expect, test } from '@jest/globals';
import { Fold } from '@irqmesh/domain';
import type { EventBody, LogEvent, TokenState } from '@irqmesh/domain';
import { modelLog, pairDifferences } from '@irqmesh/test-history';
import type { ServiceProcess } from '../processes/service-process.ts';
import { foldDifferences } from './folds.ts';

const DETAILS = { callbacks: ['add_producer', 'del_producer'], deadlineMs: 1_000 } as const;

function eventsOf(...bodies: readonly EventBody[]): LogEvent[] {
  return bodies.map((body, index) => ({ id: `event-${index}`, token: 't', timeMs: 0, source: 'test', body, sequence: index + 1 }));
}

/** A pair that is connected. */
const LOG = eventsOf(
  { type: 'ConsumerRegistered', participant: { host: 'a', session: 's', id: 'C' }, requestId: '1.c', ...DETAILS },
  { type: 'ProducerRegistered', participant: { host: 'a', session: 's', id: 'P' }, requestId: '2.p', irq: 1, ...DETAILS, callbacks: [] },
  { type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: [{ side: 'consumer', callback: 'add_producer', result: 0, durationUs: 1, skipped: false }] },
);

function folded(log: readonly LogEvent[]): Fold {
  const fold = new Fold();
  for (const event of log) fold.apply(event);
  return fold;
}

/** A fold whose only token is changed. */
function changed(change: (state: TokenState) => TokenState): Fold {
  const { tokens, ...rest } = folded(LOG).snapshot();
  return Fold.restore({ ...rest, tokens: tokens.map(change) });
}

function service(fold: Fold): ServiceProcess {
  return { node: 'matcher-0', follower: { fold } } as unknown as ServiceProcess;
}

describe('the folds of services', () => {
  const from = (fold: Fold, restored = false) => foldDifferences([service(fold)], folded(LOG), { when: 'at the end', restored });

  test('are equal to that of the log', () => {
    expect(from(folded(LOG))).toEqual([]);
    expect(from(folded(LOG.slice(0, 2)))).toEqual([expect.stringContaining("fold is at 2 at the end, the log at 3")]);
    expect(from(changed((state) => ({ ...state, connected: false })))).toEqual([expect.stringContaining('differs from the log')]);
  });

  test('know where the events of a token end, unless they were restored and it was idle', () => {
    const at = (pair: number) => changed((state) => ({ ...state, lastSequence: { ...state.lastSequence, pair } }));
    expect(from(at(2), true)).toEqual([expect.stringContaining('the last pair event of t is 2 instead of 3')]);
    expect(from(at(0))).toEqual([expect.stringContaining('the last pair event of t is 0 instead of 3')]);
    expect(from(at(0), true)).toEqual([]);
  });
});

describe('the pairs of a fold', () => {
  const against = (fold: Fold) => pairDifferences(fold, modelLog(LOG.map((event) => ({ event }))));

  test("are those of the kernel's manager", () => {
    expect(against(folded(LOG))).toEqual([]);
    expect(against(changed((state) => ({ ...state, connected: false })))).toEqual(["the fold of the log has for t: producer 2, consumer 1, not connected; the kernel's manager: producer 2, consumer 1, connected"]);
    expect(against(new Fold())).toEqual([expect.stringContaining('producer none, consumer none, not connected')]);
  });
});
