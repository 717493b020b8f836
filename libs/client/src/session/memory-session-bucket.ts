import type { Clock, Timer } from '@irqmesh/domain';
import type { SessionBucket, SessionEntry } from './session-bucket.ts';

/** The in-memory twin of the bucket. */
export class MemorySessionBucket implements SessionBucket {
  readonly ttlMs: number;
  private readonly entries = new Map<string, SessionEntry & { readonly timer: Timer }>();
  private readonly clock: Clock;
  private lastRevision = 0;

  constructor(clock: Clock, ttlMs: number) {
    this.clock = clock;
    this.ttlMs = ttlMs;
  }

  async create(key: string, value: string): Promise<number | undefined> {
    return this.entries.has(key) ? undefined : this.write(key, value);
  }

  async update(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.entries.get(key)?.revision === revision ? this.write(key, value) : undefined;
  }

  async get(key: string): Promise<SessionEntry | undefined> {
    const entry = this.entries.get(key);
    return entry === undefined ? undefined : { value: entry.value, revision: entry.revision };
  }

  async remove(key: string, revision: number): Promise<void> {
    if (this.entries.get(key)?.revision === revision) this.drop(key);
  }

  /** The keys that are there, for tests. */
  keys(): string[] {
    return [...this.entries.keys()];
  }

  private write(key: string, value: string): number {
    this.drop(key);
    const revision = ++this.lastRevision;
    this.entries.set(key, { value, revision, timer: this.clock.after(this.ttlMs, () => this.drop(key)) });
    return revision;
  }

  private drop(key: string): void {
    this.entries.get(key)?.timer.cancel();
    this.entries.delete(key);
  }
}
