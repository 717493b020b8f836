import { SESSIONS_BUCKET } from '@irqmesh/protocol';
import { jetstream, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import type { SessionBucket, SessionEntry } from '../session/session-bucket.ts';

/** How long an answer of the bucket is waited for where the caller does not say. */
const TIMEOUT_MS = 2_000;

/** The sessions' key-value bucket on NATS. Reads go to the leader: a follower may not have heard of a write yet. */
export class NatsSessionBucket implements SessionBucket {
  readonly ttlMs: number;
  private readonly kv: KV;

  private constructor(kv: KV, ttlMs: number) {
    this.kv = kv;
    this.ttlMs = ttlMs;
  }

  /** Opens the bucket, which the registries make. @throws when it is not there or has no time to live. */
  static async open(connection: NatsConnection, name: string = SESSIONS_BUCKET): Promise<NatsSessionBucket> {
    const kv = await new Kvm(jetstream(connection, { timeout: TIMEOUT_MS })).open(name, { allow_direct: false });
    const { ttl } = await kv.status().catch((cause: unknown) => {
      throw new Error(`the key-value bucket ${name} cannot be read; is a registry running?`, { cause });
    });
    if (ttl <= 0) throw new Error(`the key-value bucket ${name} has no time to live; sessions would never end`);
    return new NatsSessionBucket(kv, ttl);
  }

  create(key: string, value: string): Promise<number | undefined> {
    return unlessConflict(() => this.kv.create(key, value));
  }

  update(key: string, value: string, revision: number, timeoutMs: number): Promise<number | undefined> {
    return unlessConflict(() => this.kv.update(key, value, revision, timeoutMs));
  }

  async get(key: string): Promise<SessionEntry | undefined> {
    const entry = await this.kv.get(key);
    return entry?.operation === 'PUT' ? { value: entry.string(), revision: entry.revision } : undefined;
  }

  async remove(key: string, revision: number): Promise<void> {
    await unlessConflict(() => this.kv.delete(key, { previousSeq: revision }));
  }
}

/** Undefined where the key is not at the revision that was expected. */
async function unlessConflict<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    const isConflict = error instanceof JetStreamApiError && CONFLICTS.includes(error.code);
    if (isConflict) return undefined;
    throw error;
  }
}

const CONFLICTS: readonly number[] = [JetStreamApiCodes.StreamWrongLastSequence, JetStreamApiCodes.StreamWrongLastSequenceUnknown];
