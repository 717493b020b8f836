import { BusyError, Errno, IrqBypassError } from '@irqmesh/domain';
import type { Clock, Timer } from '@irqmesh/domain';
import type { BatchMessage, ItemOutcomeMessage, RegistryReplyMessage } from '@irqmesh/protocol';
import { NoAnswerError } from './registry-caller.ts';

/** How long a registry may decide about an attempt: what stands in a request is that long after its sending. */
export const ATTEMPT_MS = 5_000;
/** How long past its deadline an attempt's reply may take to arrive. */
const REPLY_GRACE_MS = 500;
/** A batch that is under way for this long waits for a callback; the next one need not wait for it. */
const HOLD_BACK_MS = 25;
const MAX_BATCH = 512;
const MAX_IN_FLIGHT = 64;

/** How one attempt to have an item settled ended. Times are on the monotonic clock. */
export type Attempt =
  | { readonly kind: 'answered'; readonly outcome: ItemOutcomeMessage; readonly sentMs: number; readonly untilMs: number }
  /** The call was refused as a whole, without looking at its items. */
  | { readonly kind: 'refused'; readonly error: IrqBypassError; readonly sentMs: number }
  /** The call was turned away as a whole without being looked at: the registry is busy. */
  | { readonly kind: 'busy'; readonly error: BusyError }
  /** No answer: a registry may have decided, or may yet decide, until `untilMs`. */
  | { readonly kind: 'unanswered'; readonly untilMs: number }
  /** Nobody took it. */
  | { readonly kind: 'undelivered' };

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: (attempt: Attempt) => void;
}

export interface BatcherOptions<Item> {
  readonly clock: Clock;
  readonly session: string;
  readonly send: (batch: BatchMessage<Item>, timeoutMs: number) => Promise<RegistryReplyMessage>;
  /** Aborted when the session is over: nothing is sent any more. */
  readonly signal: AbortSignal;
}

/**
 * Gathers requests of one kind to one side: while a batch is on its way the next one gathers, in the order of the
 * calls. One that waits for a slow callback holds the others back only for a moment.
 */
export class Batcher<Item extends { readonly requestId: string }> {
  private readonly options: BatcherOptions<Item>;
  private readonly waiting: Waiting<Item>[] = [];
  private inFlight = 0;
  /** Batches in flight that hold the next one back. */
  private fresh = 0;
  private scheduled = false;

  constructor(options: BatcherOptions<Item>) {
    this.options = options;
  }

  /** Sends the item with the next batch; resolves with how that attempt ended. */
  submit(item: Item): Promise<Attempt> {
    return new Promise((resolve) => {
      this.waiting.push({ item, resolve });
      this.schedule();
    });
  }

  /** In a later microtask, so that what is asked for in one go goes in one batch. */
  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0 || this.fresh > 0 || this.inFlight >= MAX_IN_FLIGHT) return;
    this.scheduled = true;
    // oxlint-disable-next-line no-restricted-globals -- a microtask: over before virtual time goes on
    queueMicrotask(() => {
      this.scheduled = false;
      void this.sendBatch(this.waiting.splice(0, MAX_BATCH));
    });
  }

  private async sendBatch(entries: readonly Waiting<Item>[]): Promise<void> {
    const { clock, session, send, signal } = this.options;
    if (signal.aborted) return entries.forEach(({ resolve }) => resolve({ kind: 'undelivered' }));
    const sentMs = clock.monotonicMs();
    const untilMs = sentMs + ATTEMPT_MS;
    const batch = { session, deadlineMs: clock.nowMs() + ATTEMPT_MS, items: entries.map(({ item }) => item) };
    const letGo = this.holdBack();
    try {
      const reply = await send(batch, ATTEMPT_MS + REPLY_GRACE_MS);
      for (const [index, { item, resolve }] of entries.entries()) resolve(attemptOf(reply, index, item.requestId, sentMs, untilMs));
    } catch (error) {
      if (!(error instanceof NoAnswerError || error instanceof IrqBypassError)) throw error;
      const attempt = failedAttempt(error, sentMs, untilMs);
      for (const { resolve } of entries) resolve(attempt);
    } finally {
      letGo();
      this.inFlight -= 1;
      this.schedule();
    }
  }

  /** Counts a batch in; the function it returns lets the next batch go, at the latest after a moment. */
  private holdBack(): () => void {
    this.inFlight += 1;
    this.fresh += 1;
    let timer: Timer | undefined;
    const letGo = (): void => {
      if (timer === undefined) return;
      timer.cancel();
      timer = undefined;
      this.fresh -= 1;
      this.schedule();
    };
    timer = this.options.clock.after(HOLD_BACK_MS, letGo);
    return letGo;
  }
}

/** Errors of the service, not of the request: what became of the items is open. */
const TRANSIENT: readonly number[] = [Errno.EIO, Errno.ETIMEDOUT];

function failedAttempt(error: NoAnswerError | IrqBypassError, sentMs: number, untilMs: number): Attempt {
  if (error instanceof BusyError) return { kind: 'busy', error };
  if (error instanceof NoAnswerError) return error.mayArrive ? { kind: 'unanswered', untilMs } : { kind: 'undelivered' };
  return TRANSIENT.includes(error.errno) ? { kind: 'unanswered', untilMs } : { kind: 'refused', error, sentMs };
}

function attemptOf({ items, failure }: RegistryReplyMessage, index: number, requestId: string, sentMs: number, untilMs: number): Attempt {
  if (failure !== undefined) return failedAttempt(failure, sentMs, untilMs);
  const outcome = items[index];
  // A reply that does not fit its request tells nothing.
  if (outcome?.requestId !== requestId) return { kind: 'unanswered', untilMs };
  return { kind: 'answered', outcome, sentMs, untilMs };
}
