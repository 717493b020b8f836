import type { Bucket, BucketEntry, BucketListener, BucketWatch, InMemoryBucket } from '@irqmesh/registry';
import type { SessionBucket, SessionEntry } from '@irqmesh/client/core';
import { parseSessionsBucketKey } from '@irqmesh/protocol';
import { NATS } from './network.ts';
import { OrderedChannel } from './ordered-channel.ts';
import type { Seat } from './seat.ts';

/** What the NATS adapters wait for an answer where the caller does not say. */
const TIMEOUT_MS = 5_000;
const SESSION_TIMEOUT_MS = 2_000;

function ask<T>(seat: Seat, what: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  return seat.exchange<T>({
    to: NATS,
    what,
    mayRepeat: false,
    timeoutMs,
    request: { lost: 'request_lost' },
    reply: { lost: 'reply_lost' },
    onTimeout: () => new Error(`the bucket did not answer within ${timeoutMs} ms`),
    serve: (resolve, reject) =>
      void work().then((answer) => {
        seat.world.trace.detail(NATS, `${what}: ${answerText(answer)}`);
        resolve(answer);
      }, reject),
  });
}

/** For the trace: a revision, an entry, or that there is none. */
function answerText(answer: unknown): string {
  return JSON.stringify(answer) ?? 'none';
}

/** A bucket as a service reaches it. */
export class SimBucket implements Bucket {
  readonly ttlMs: number;
  private readonly seat: Seat;
  private readonly bucket: InMemoryBucket;

  constructor(seat: Seat, bucket: InMemoryBucket) {
    this.seat = seat;
    this.bucket = bucket;
    this.ttlMs = bucket.ttlMs;
  }

  get(key: string): Promise<BucketEntry | undefined> {
    return this.ask(`get ${key}`, () => this.bucket.get(key));
  }

  create(key: string, value: string): Promise<number | undefined> {
    return this.ask(`create ${key}`, () => this.bucket.create(key, value));
  }

  update(key: string, value: string, revision: number): Promise<number | undefined> {
    return this.ask(`update ${key}`, () => this.bucket.update(key, value, revision));
  }

  put(key: string, value: string): Promise<void> {
    return this.ask(`put ${key}`, async () => {
      await this.bucket.put(key, value);
      this.noticeEviction(key);
    });
  }

  remove(key: string): Promise<void> {
    return this.ask(`remove ${key}`, () => this.bucket.remove(key));
  }

  async watch(prefix: string, listener: BucketListener): Promise<BucketWatch> {
    const { life, world, node } = this.seat;
    const channel = new OrderedChannel(world.time, world.network, node, life);
    const watch = await this.ask(`watch ${prefix}`, () =>
      this.bucket.watch(prefix, {
        onPut: (entry) =>
          channel.push(() => {
            world.trace.detail(life.name, `sees ${entry.key} put, revision ${entry.revision}`);
            listener.onPut(entry);
          }),
        onRemoved: (key) =>
          channel.push(() => {
            world.trace.detail(life.name, `sees ${key} removed`);
            listener.onRemoved(key);
          }),
      }),
    );
    life.onEnd(() => void watch.close());
    // Behind all that stands: it resolves once that has been told.
    await life.call<void>((resolve) => channel.push(resolve));
    return {
      close: async () => {
        channel.close();
        await watch.close();
      },
    };
  }

  /** Whose agent is excused: it renews, and is expired all the same. */
  private noticeEviction(key: string): void {
    const { life, world } = this.seat;
    if (!key.startsWith('evict.')) return;
    const { host, session } = parseSessionsBucketKey(key);
    world.recorder.turned({ agent: life.name, host, kind: 'evicted', session });
  }

  private ask<T>(what: string, work: () => Promise<T>): Promise<T> {
    return ask(this.seat, what, TIMEOUT_MS, work);
  }
}

/** The sessions' bucket as an agent reaches it. */
export class SimSessionBucket implements SessionBucket {
  readonly ttlMs: number;
  private readonly seat: Seat;
  private readonly bucket: InMemoryBucket;

  constructor(seat: Seat, bucket: InMemoryBucket) {
    this.seat = seat;
    this.bucket = bucket;
    this.ttlMs = bucket.ttlMs;
  }

  create(key: string, value: string): Promise<number | undefined> {
    return ask(this.seat, `create ${key}`, SESSION_TIMEOUT_MS, () => this.bucket.create(key, value));
  }

  update(key: string, value: string, revision: number, timeoutMs: number): Promise<number | undefined> {
    return ask(this.seat, `renew ${key}`, timeoutMs, () => this.bucket.update(key, value, revision));
  }

  async get(key: string): Promise<SessionEntry | undefined> {
    return ask(this.seat, `get ${key}`, SESSION_TIMEOUT_MS, () => this.bucket.get(key));
  }

  remove(key: string, revision: number): Promise<void> {
    return ask(this.seat, `remove ${key}`, SESSION_TIMEOUT_MS, async () => {
      const entry = await this.bucket.get(key);
      if (entry?.revision === revision) await this.bucket.remove(key);
    });
  }
}
