import { Errno, sleep } from '@irqmesh/domain';
import type { Clock } from '@irqmesh/domain';
import { LogRefusedError, LogUnavailableError } from '@irqmesh/event-log';
import { sentenceOf } from '@irqmesh/protocol';
import type { ItemOutcomeMessage, ParsedItem } from '@irqmesh/protocol';
import type { ItemOutcome } from '../registry/outcome.ts';

/** How long a batch waits for its slower items once the first is settled; their callers ask on. */
const PATIENCE_MS = 250;

/** An item of a batch that is being carried out. `giveUp` ends its attempt: nothing is decided for it any more. */
export type CarryOut<Item> = (item: Item, attempt: Attempt) => Promise<ItemOutcome>;

/** The time that an attempt has, which a batch can cut short. */
export interface Attempt {
  deadlineMs: number;
}

/**
 * Carries out the items of a batch side by side, those of one participant one after the other, and answers when all are
 * settled; an item that waits longer than the others delays them by no more than a moment.
 */
export async function carryOutBatch<Item extends { readonly participantId: string; readonly requestId: string }>(
  items: readonly ParsedItem<Item>[],
  deadlineMs: number,
  clock: Clock,
  carryOut: CarryOut<Item>,
): Promise<ItemOutcomeMessage[]> {
  const attempt: Attempt = { deadlineMs };
  const outcomes: (ItemOutcome | undefined)[] = items.map(() => undefined);
  const done = new AbortController();
  let first = (): void => {};
  const firstDone = new Promise<void>((resolve) => (first = resolve));
  const lastOfParticipant = new Map<string, Promise<void>>();
  const runs = items.map((item, index) => {
    if (item.error !== undefined) return Promise.resolve();
    const { value } = item;
    const before = lastOfParticipant.get(value.participantId) ?? Promise.resolve();
    const run = before.then(async () => {
      outcomes[index] = await carryOut(value, attempt).catch(outcomeOfLogError);
      first();
    });
    lastOfParticipant.set(value.participantId, run);
    return run;
  });
  const all = Promise.all(runs).finally(() => done.abort());
  await Promise.race([all, firstDone]);
  await Promise.race([all, sleep(clock, PATIENCE_MS, done.signal)]);
  // What is not decided by now is left to the callers' next attempt, not to be decided behind their backs.
  attempt.deadlineMs = Math.min(attempt.deadlineMs, clock.nowMs());
  return items.map((item, index) =>
    item.error === undefined ? toMessage(item.value.requestId, outcomes[index] ?? NOT_YET) : toMessage(item.requestId, refusal(item.error)),
  );
}

/** What trouble with the log means for one item; it must not take the outcomes of the others away. */
function outcomeOfLogError(error: unknown): ItemOutcome {
  if (error instanceof LogUnavailableError) return NOT_YET;
  if (!(error instanceof LogRefusedError)) throw error;
  return { kind: 'settled', result: Errno.EIO, message: `the log refused the event: ${error.message}`, sequence: 0, warning: false };
}

/** Still open: it may or may not have been appended; `result` tells. */
const NOT_YET: ItemOutcome = { kind: 'pending', sequence: 0 };

function refusal(error: Parameters<typeof sentenceOf>[0]): ItemOutcome {
  return { kind: 'settled', result: error.errno, message: sentenceOf(error), sequence: 0, warning: false };
}

function toMessage(requestId: string, outcome: ItemOutcome): ItemOutcomeMessage {
  if (outcome.kind === 'settled') {
    const { result, message, sequence, warning, holderSequence } = outcome;
    return { requestId, settlement: 'settled', result, message, warning, holderSequence, sequence: sequence === 0 ? undefined : sequence };
  }
  if (outcome.kind === 'busy') {
    const { message, retryAfterMs } = outcome;
    return { requestId, settlement: 'not_appended', result: Errno.EAGAIN, message, warning: false, retryAfterMs };
  }
  const sequence = outcome.kind === 'pending' && outcome.sequence > 0 ? outcome.sequence : undefined;
  return { requestId, settlement: outcome.kind, result: 0, message: '', warning: false, sequence };
}

