/** A map that forgets the eighth that was put in first once it is full. */
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
    if (this.entries.size > this.limit) this.forgetOldest();
  }

  delete(key: Key): void {
    this.entries.delete(key);
  }

  /** Many at once: what is deleted leaves holes at the map's front, and looking for the oldest entry passes them all. */
  private forgetOldest(): void {
    const kept = this.limit - Math.floor(this.limit / 8);
    for (const key of this.entries.keys()) {
      if (this.entries.size <= kept) return;
      this.entries.delete(key);
      this.forgotten += 1;
    }
  }
}
