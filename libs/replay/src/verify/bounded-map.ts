/** A map that forgets what was put in first once it is full. */
export class BoundedMap<Key, Value> {
  /** How many entries were forgotten so far. */
  forgotten = 0;
  private readonly entries = new Map<Key, Value>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get(key: Key): Value | undefined {
    return this.entries.get(key);
  }

  /** Puts an entry in as the newest. */
  set(key: Key, value: Value): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    const [oldest] = this.entries.keys();
    this.entries.delete(oldest!);
    this.forgotten += 1;
  }

  delete(key: Key): void {
    this.entries.delete(key);
  }
}
