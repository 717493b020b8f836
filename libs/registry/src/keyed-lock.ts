/** Runs tasks of one key one after the other, in the order of the calls; tasks of different keys run side by side. */
export class KeyedLock {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Resolves or rejects as the task does. A failing task does not hold up the next one. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const current = before.then(task, task);
    this.tails.set(key, current);
    try {
      return await current;
    } finally {
      if (this.tails.get(key) === current) this.tails.delete(key);
    }
  }

  /** How many keys are held. */
  get size(): number {
    return this.tails.size;
  }
}
