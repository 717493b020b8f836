import { sleep } from '@irqmesh/domain';
import { SystemClock } from '@irqmesh/domain/system';
import { callApi, LogUnavailableError } from '@irqmesh/event-log';
import { jetstream, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { KV, KvEntry, KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Bucket, BucketEntry, BucketListener, BucketWatch } from './bucket.ts';

export interface NatsBucketOptions {
  readonly connection: NatsConnection;
  readonly name: string;
  readonly ttlMs: number;
  readonly replicas: number;
}

/** How long a watcher can be away and still be told by a marker that a key ran out. */
const MARKER_TTL_MS = 60_000;

/** A key that stood when a watch began, and has not been told for so long, is looked up. */
const LOOK_AGAIN_MS = 500;

/** A cluster that has lost its leader has another one well within this time. */
const ANSWER_LIMIT_MS = 60_000;

/**
 * A NATS key-value bucket. Reads go to its leader (`allow_direct` is off): a lease must never be judged by what a
 * follower has not heard yet. Keys that run out leave a marker (nats-server 2.11 or newer), so nothing is polled.
 */
export class NatsBucket implements Bucket {
  readonly ttlMs: number;
  private readonly kv: KV;
  private readonly connection: NatsConnection;
  private readonly clock = new SystemClock();

  private constructor(kv: KV, connection: NatsConnection, ttlMs: number) {
    this.kv = kv;
    this.connection = connection;
    this.ttlMs = ttlMs;
  }

  /** Opens the bucket and makes it if it is not there. @throws when it is there with another time to live; LogUnavailableError when JetStream does not answer. */
  static async open({ connection, name, ttlMs, replicas }: NatsBucketOptions): Promise<NatsBucket> {
    const kv = await untilAnswered(`to make the bucket ${name}`, connection, () =>
      new Kvm(jetstream(connection)).create(name, { ttl: ttlMs, markerTTL: MARKER_TTL_MS, history: 1, replicas, allow_direct: false }),
    );
    const { ttl } = await untilAnswered(`about the bucket ${name}`, connection, () => kv.status());
    if (ttl !== ttlMs) {
      throw new Error(`the bucket ${name} has a time to live of ${ttl} ms, not the ${ttlMs} ms asked for: use the same everywhere, or remove the bucket`);
    }
    return new NatsBucket(kv, connection, ttlMs);
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    const entry = await this.kv.get(key);
    return entry === null || isRemoval(entry) ? undefined : entryOf(entry);
  }

  async create(key: string, value: string): Promise<number | undefined> {
    return unlessConflict(() => this.kv.create(key, value));
  }

  async update(key: string, value: string, revision: number): Promise<number | undefined> {
    return unlessConflict(() => this.kv.update(key, value, revision));
  }

  async put(key: string, value: string): Promise<void> {
    await this.kv.put(key, value);
  }

  async remove(key: string): Promise<void> {
    await this.kv.purge(key);
  }

  async watch(prefix: string, listener: BucketListener): Promise<BucketWatch> {
    const pattern = `${prefix}.>`;
    const before = await untilAnswered('for the keys of a bucket', this.connection, () => this.standingKeys(pattern));
    const entries = await untilAnswered('to watch a bucket', this.connection, () => this.kv.watch({ key: pattern }));
    let closed = false;
    let told = (): void => {};
    const allTold = new Promise<void>((resolve) => (told = resolve));
    const missing = new Set(before);
    if (missing.size === 0) told();
    const reading = (async () => {
      for await (const entry of entries) {
        if (closed) return;
        tell(entry, listener);
        if (missing.delete(entry.key) && missing.size === 0) told();
      }
    })();
    await this.untilTold(missing, allTold);
    return {
      close: async () => {
        closed = true;
        entries.stop();
        await reading;
      },
    };
  }

  /**
   * Waits until all that stood has been told. One that ran out between the listing and the watch may have left nothing to
   * be told of (a cluster that lost a server leaves no marker at times), so what is missing is looked up again.
   */
  private async untilTold(missing: Set<string>, allTold: Promise<void>): Promise<void> {
    while (missing.size > 0) {
      const pause = new AbortController();
      await Promise.race([allTold, sleep(this.clock, LOOK_AGAIN_MS, pause.signal)]);
      pause.abort();
      for (const key of missing) if (await this.isGone(key)) missing.delete(key);
    }
  }

  /** Whether a key does not stand any more; not while nobody answers. @throws when the connection is closed */
  private async isGone(key: string): Promise<boolean> {
    try {
      return (await this.get(key)) === undefined;
    } catch (error) {
      if (this.connection.isClosed()) throw error;
      return false;
    }
  }

  private async standingKeys(pattern: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of await this.kv.keys(pattern)) keys.push(key);
    return keys;
  }
}

/**
 * Asks again while JetStream does not answer: a cluster that has lost a server may be choosing a leader.
 * @throws LogUnavailableError when that takes longer than it should
 */
async function untilAnswered<T>(what: string, connection: NatsConnection, ask: () => Promise<T>): Promise<T> {
  const clock = new SystemClock();
  const untilMs = clock.monotonicMs() + ANSWER_LIMIT_MS;
  for (;;) {
    try {
      return await callApi(what, ask);
    } catch (error) {
      if (!(error instanceof LogUnavailableError) || connection.isClosed() || clock.monotonicMs() > untilMs) throw error;
      await sleep(clock, LOOK_AGAIN_MS);
    }
  }
}

function tell(entry: KvWatchEntry, listener: BucketListener): void {
  if (isRemoval(entry)) listener.onRemoved(entry.key);
  else listener.onPut(entryOf(entry));
}

function isRemoval(entry: KvEntry): boolean {
  return entry.operation !== 'PUT';
}

function entryOf(entry: KvEntry): BucketEntry {
  return { key: entry.key, value: entry.string(), revision: entry.revision };
}

async function unlessConflict(write: () => Promise<number>): Promise<number | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof JetStreamApiError && isConflict(error)) return undefined;
    throw error;
  }
}

function isConflict({ code }: JetStreamApiError): boolean {
  return code === JetStreamApiCodes.StreamWrongLastSequence || code === JetStreamApiCodes.StreamWrongLastSequenceUnknown;
}
