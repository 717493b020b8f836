import type { Clock, Timer } from '@irqmesh/domain';
import type { Bucket, BucketEntry, BucketListener, BucketWatch } from './bucket.ts';

/** The twin of the NATS bucket, for tests and simulation. */
export class InMemoryBucket implements Bucket {
  readonly ttlMs: number;
  private readonly entries = new Map<string, BucketEntry & { readonly timer: Timer }>();
  private readonly watchers = new Set<{ readonly prefix: string; readonly listener: BucketListener }>();
  private revision = 0;
  private readonly clock: Clock;

  constructor(clock: Clock, ttlMs: number) {
    this.clock = clock;
    this.ttlMs = ttlMs;
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    return this.entries.get(key);
  }

  async create(key: string, value: string): Promise<number | undefined> {
    return this.entries.has(key) ? undefined : this.write(key, value);
  }

  async update(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.entries.get(key)?.revision === revision ? this.write(key, value) : undefined;
  }

  async put(key: string, value: string): Promise<void> {
    this.write(key, value);
  }

  async remove(key: string): Promise<void> {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    entry.timer.cancel();
    this.entries.delete(key);
    for (const { prefix, listener } of [...this.watchers]) if (key.startsWith(`${prefix}.`)) listener.onRemoved(key);
  }

  async watch(prefix: string, listener: BucketListener): Promise<BucketWatch> {
    const watcher = { prefix, listener };
    for (const entry of this.entries.values()) if (entry.key.startsWith(`${prefix}.`)) listener.onPut(entry);
    this.watchers.add(watcher);
    return { close: async () => void this.watchers.delete(watcher) };
  }

  private write(key: string, value: string): number {
    this.entries.get(key)?.timer.cancel();
    const revision = ++this.revision;
    const entry = { key, value, revision, timer: this.clock.after(this.ttlMs, () => void this.remove(key)) };
    this.entries.set(key, entry);
    for (const { prefix, listener } of [...this.watchers]) if (key.startsWith(`${prefix}.`)) listener.onPut(entry);
    return revision;
  }
}
