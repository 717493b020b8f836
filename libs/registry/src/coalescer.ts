/** How calls are gathered. */
export interface CoalescerOptions {
  /** Batches on their way at once; while so many are, the next one gathers. */
  readonly maxInFlight: number;
  readonly maxBatch: number;
  /** Items that wait; a further one is refused. */
  readonly maxWaiting: number;
}

/** More items wait than may. */
export class CoalescerFullError extends Error {
  override readonly name = 'CoalescerFullError';
}

interface Waiting<Item, Reply> {
  readonly item: Item;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers single calls into batches under load: a call goes out at once while fewer than `maxInFlight` batches are on
 * their way, otherwise it joins the next one. `send` gets the items in the order of the calls and returns a reply each.
 */
export class Coalescer<Item, Reply> {
  private readonly waiting: Waiting<Item, Reply>[] = [];
  private inFlight = 0;
  private scheduled = false;
  private readonly send: (items: readonly Item[]) => Promise<readonly Reply[]>;
  private readonly options: CoalescerOptions;

  constructor(send: (items: readonly Item[]) => Promise<readonly Reply[]>, options: CoalescerOptions) {
    this.send = send;
    this.options = options;
  }

  /** Resolves with the item's reply; rejects with what `send` threw, or with CoalescerFullError. */
  call(item: Item): Promise<Reply> {
    if (this.waiting.length >= this.options.maxWaiting) {
      return Promise.reject(new CoalescerFullError(`${this.waiting.length} calls wait already`));
    }
    return new Promise<Reply>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  /** Sends in a later microtask, so that calls made in one go share a batch. */
  private schedule(): void {
    if (this.scheduled || this.inFlight >= this.options.maxInFlight || this.waiting.length === 0) return;
    this.scheduled = true;
    // oxlint-disable-next-line no-restricted-globals -- a microtask: over before virtual time goes on
    queueMicrotask(() => {
      this.scheduled = false;
      void this.sendBatch(this.waiting.splice(0, this.options.maxBatch));
      this.schedule();
    });
  }

  private async sendBatch(batch: readonly Waiting<Item, Reply>[]): Promise<void> {
    this.inFlight += 1;
    try {
      const replies = await this.send(batch.map((entry) => entry.item));
      if (replies.length !== batch.length) throw new Error(`${batch.length} items were sent, ${replies.length} replies came`);
      for (const [index, entry] of batch.entries()) entry.resolve(replies[index]!);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      this.inFlight -= 1;
      this.schedule();
    }
  }
}
