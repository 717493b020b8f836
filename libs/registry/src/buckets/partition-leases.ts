import type { Clock, Timer } from '@irqmesh/domain';
import type { Bucket, BucketWatch } from './bucket.ts';

export interface PartitionLeasesOptions {
  readonly bucket: Bucket;
  readonly clock: Clock;
  /** Who holds the leases: the matcher's instance. */
  readonly holder: string;
  readonly partitions: number;
  /** The value of a partition's key: who holds it, for people. */
  readonly leaseValue: () => string;
  readonly onGained: (partition: number) => void;
  readonly onLost: (partition: number) => void;
  readonly onError: (message: string, error: unknown) => void;
}

/** The part of the time to live in which a lease is held to be one's own after the last renewal that was acknowledged. */
const TRUSTED_PART = 0.8;

/**
 * Shares the partitions among the matchers that are alive, by one key for each partition and one for each matcher.
 * Leases only avoid double work: two matchers that both believe to hold a partition do no harm.
 */
export class PartitionLeases {
  private readonly options: PartitionLeasesOptions;
  /** Held partitions: the revision to renew by, and when the last acknowledged renewal was sent. */
  private readonly held = new Map<number, { revision: number; renewedAtMs: number }>();
  /**
   * When others' keys were last heard of, by partition and by matcher. Whoever lives renews its keys four times in
   * their life, so one that was not heard of for that long is gone, even if nobody could tell so.
   */
  private readonly takenAtMs = new Map<number, number>();
  private readonly matchersAtMs = new Map<string, number>();
  private readonly watches: BucketWatch[] = [];
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(options: PartitionLeasesOptions) {
    this.options = options;
  }

  /** Makes itself known and takes its first share. */
  async start(): Promise<void> {
    const { bucket, holder } = this.options;
    // Where the bucket does not answer just now, the next renewal makes it known.
    await this.attempt('making itself known', () => bucket.put(`matcher.${holder}`, holder));
    this.watches.push(
      await bucket.watch('matcher', {
        onPut: ({ key }) => void this.matchersAtMs.set(suffix(key), this.nowMs),
        onRemoved: (key) => void this.matchersAtMs.delete(suffix(key)),
      }),
      await bucket.watch('partition', {
        onPut: ({ key }) => void this.takenAtMs.set(Number(suffix(key)), this.nowMs),
        onRemoved: (key) => this.onFreed(Number(suffix(key))),
      }),
    );
    await this.tick();
  }

  holds(partition: number): boolean {
    const lease = this.held.get(partition);
    return lease !== undefined && this.nowMs - lease.renewedAtMs < this.options.bucket.ttlMs * TRUSTED_PART;
  }

  /** The partitions held, in order. */
  partitions(): number[] {
    return [...this.held.keys()].sort((a, b) => a - b);
  }

  /** Gives everything back, so that others need not wait for it to run out. */
  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.running;
    for (const watch of this.watches) await watch.close();
    const { bucket, holder } = this.options;
    for (const partition of this.partitions()) await this.attempt('giving a lease back', () => this.release(partition));
    await this.attempt('taking leave', () => bucket.remove(`matcher.${holder}`));
  }

  private onFreed(partition: number): void {
    this.takenAtMs.delete(partition);
    if (!this.held.has(partition)) this.runSoon(0);
  }

  private runSoon(delayMs: number): void {
    if (this.closed) return;
    this.timer?.cancel();
    this.timer = this.options.clock.after(delayMs, () => void this.tick());
  }

  private async tick(): Promise<void> {
    // Asked for while it runs: it comes again soon by its own timer.
    if (this.running !== undefined) return;
    this.running = this.attempt('renewing the leases', () => this.renewAndShare());
    await this.running;
    this.running = undefined;
    this.runSoon(this.options.bucket.ttlMs / 4);
  }

  private async renewAndShare(): Promise<void> {
    const { bucket, holder, partitions } = this.options;
    for (const partition of this.partitions()) if (!this.holds(partition)) this.lose(partition);
    await bucket.put(`matcher.${holder}`, holder);
    await Promise.all(this.partitions().map((partition) => this.renew(partition)));
    const share = Math.ceil(partitions / Math.max(1, this.aliveMatchers()));
    for (const partition of this.partitions().slice(share)) await this.release(partition);
    for (let partition = 0; partition < partitions && this.held.size < share && !this.closed; partition++) {
      if (!this.held.has(partition) && !this.isTaken(partition)) await this.take(partition);
    }
  }

  private isTaken(partition: number): boolean {
    return this.nowMs - (this.takenAtMs.get(partition) ?? -Infinity) < this.options.bucket.ttlMs;
  }

  private aliveMatchers(): number {
    for (const [matcher, atMs] of this.matchersAtMs) if (this.nowMs - atMs >= this.options.bucket.ttlMs) this.matchersAtMs.delete(matcher);
    return this.matchersAtMs.size;
  }

  private get nowMs(): number {
    return this.options.clock.monotonicMs();
  }

  private async take(partition: number): Promise<void> {
    const sentAtMs = this.nowMs;
    const revision = await this.options.bucket.create(`partition.${partition}`, this.options.leaseValue());
    // Somebody was faster. The watch will tell of its end, or has told of it already: so this may count for a while only.
    if (revision === undefined) return void this.takenAtMs.set(partition, sentAtMs);
    this.held.set(partition, { revision, renewedAtMs: sentAtMs });
    this.options.onGained(partition);
  }

  private async renew(partition: number): Promise<void> {
    const lease = this.held.get(partition)!;
    const sentAtMs = this.nowMs;
    const revision = await this.options.bucket.update(`partition.${partition}`, this.options.leaseValue(), lease.revision);
    if (revision === undefined) return this.lose(partition);
    // Not trusted for a while: whoever works by it has stopped and must be told to go on.
    const lapsed = !this.holds(partition);
    this.held.set(partition, { revision, renewedAtMs: sentAtMs });
    if (lapsed) this.options.onGained(partition);
  }

  private async release(partition: number): Promise<void> {
    this.lose(partition);
    await this.options.bucket.remove(`partition.${partition}`);
  }

  private lose(partition: number): void {
    if (this.held.delete(partition)) this.options.onLost(partition);
  }

  private async attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      // The next tick tries again; a lease that is not renewed in time is given up by itself.
      this.options.onError(what, error);
    }
  }
}

function suffix(key: string): string {
  return key.slice(key.indexOf('.') + 1);
}
