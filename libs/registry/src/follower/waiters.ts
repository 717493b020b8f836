import type { Clock } from '@irqmesh/domain';

interface Waiter<Result> {
  readonly finish: (result: Result | undefined) => void;
}

/** Promises that wait for something to happen under a key, each up to a moment of its own. */
export class Waiters<Key, Result> {
  private readonly byKey = new Map<Key, Set<Waiter<Result>>>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Resolves with the result once `resolve` is called for the key, or with undefined after `timeoutMs`. */
  wait(key: Key, timeoutMs: number): Promise<Result | undefined> {
    if (timeoutMs <= 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = this.clock.after(timeoutMs, () => waiter.finish(undefined));
      const waiter: Waiter<Result> = {
        finish: (result) => {
          timer.cancel();
          this.remove(key, waiter);
          resolve(result);
        },
      };
      const waiters = this.byKey.get(key) ?? new Set();
      this.byKey.set(key, waiters.add(waiter));
    });
  }

  /** Ends all waiting for a key, in the order in which it began. */
  resolve(key: Key, result: Result): void {
    for (const waiter of [...(this.byKey.get(key) ?? [])]) waiter.finish(result);
  }

  /** Ends all waiting, for all keys, as if its time had run out. */
  giveUp(): void {
    for (const waiters of [...this.byKey.values()]) for (const waiter of [...waiters]) waiter.finish(undefined);
  }

  keys(): IterableIterator<Key> {
    return this.byKey.keys();
  }

  get size(): number {
    return this.byKey.size;
  }

  private remove(key: Key, waiter: Waiter<Result>): void {
    const waiters = this.byKey.get(key);
    if (waiters?.delete(waiter) === true && waiters.size === 0) this.byKey.delete(key);
  }
}
