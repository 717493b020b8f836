import { Errno, IrqBypassError } from '@irqmesh/domain';

/** Runs tasks of the same key one after the other; bounded. */
export class KeyedQueue {
  private readonly tails = new Map<string, { promise: Promise<unknown>; length: number }>();
  private readonly limit: number;

  /** @param limit how many tasks of one key may wait or run */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** @throws IrqBypassError -EBUSY when `limit` tasks of this key wait already */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const tail = this.tails.get(key) ?? { promise: Promise.resolve(), length: 0 };
    if (tail.length >= this.limit) throw new IrqBypassError(Errno.EBUSY, `${this.limit} requests for ${key} wait already`);
    tail.length += 1;
    const result = tail.promise.then(task);
    // How a task ends is its caller's business; the next one only has to come after it.
    tail.promise = result.then(noteEnd, noteEnd);
    this.tails.set(key, tail);
    try {
      return await result;
    } finally {
      tail.length -= 1;
      if (tail.length === 0) this.tails.delete(key);
    }
  }
}

function noteEnd(): void {}
