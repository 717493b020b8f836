import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SystemClock } from '@irqmesh/domain/system';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { jetstreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Bucket } from './bucket.ts';
import { InMemoryBucket } from './in-memory-bucket.ts';
import { NatsBucket } from './nats-bucket.ts';

const TTL_MS = 1_000;

interface Opened {
  readonly bucket: Bucket;
  /** Restarts what the bucket lives on, if it lives on anything. */
  readonly restart?: () => Promise<void>;
  readonly close: () => Promise<void>;
}

async function onNats(): Promise<Opened> {
  const server: NatsServer = await startNatsServer();
  const connection: NatsConnection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  const bucket = await NatsBucket.open({ connection, name: 'leases', ttlMs: TTL_MS, replicas: 1 });
  const restart = async (): Promise<void> => {
    await server.kill();
    await server.restart();
  };
  return {
    bucket,
    restart,
    close: async () => {
      await connection.close();
      await server.stop();
    },
  };
}

async function inMemory(): Promise<Opened> {
  return { bucket: new InMemoryBucket(new SystemClock(), TTL_MS), close: async () => {} };
}

async function until(what: string, holds: () => boolean, timeoutMs = 5_000): Promise<void> {
  for (const deadlineMs = Date.now() + timeoutMs; !holds(); await sleep(20)) if (Date.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
}

describe.each([['NATS', onNats], ['memory', inMemory]] as const)('a bucket in %s', (_name, open) => {
  let opened: Opened;
  let bucket: Bucket;
  let told: string[];
  const listener = { onPut: ({ key, value }: { key: string; value: string }) => void told.push(`${key}=${value}`), onRemoved: (key: string) => void told.push(`-${key}`) };

  beforeEach(async () => {
    opened = await open();
    bucket = opened.bucket;
    told = [];
  });

  afterEach(async () => {
    await opened.close();
  });

  test('create fails on a key that is there, update on another revision', async () => {
    const revision = await bucket.create('lease.a', '1');
    expect(revision).toEqual(expect.any(Number));
    expect(await bucket.create('lease.a', '2')).toBeUndefined();
    const next = await bucket.update('lease.a', '3', revision!);
    expect(next).toBeGreaterThan(revision!);
    expect(await bucket.update('lease.a', '4', revision!)).toBeUndefined();
    expect(await bucket.get('lease.a')).toMatchObject({ key: 'lease.a', value: '3', revision: next });
  });

  test('a key that is not written again runs out and is told; it cannot be updated, and can be created anew', async () => {
    const revision = await bucket.create('lease.a', '1');
    const watch = await bucket.watch('lease', listener);
    await until('the key has run out', () => told.includes('-lease.a'));
    expect(await bucket.get('lease.a')).toBeUndefined();
    expect(await bucket.update('lease.a', '2', revision!)).toBeUndefined();
    expect(await bucket.create('lease.a', '3')).toEqual(expect.any(Number));
    await watch.close();
  });

  test('a watch tells what stands before it resolves, then what comes, of its prefix only, until it is closed', async () => {
    await bucket.put('lease.a', '1');
    await bucket.put('other.b', '1');
    const watch = await bucket.watch('lease', listener);
    expect(told).toEqual(['lease.a=1']);
    await bucket.put('lease.c', '2');
    await bucket.remove('lease.a');
    await until('both are told', () => told.length === 3);
    expect(told).toEqual(['lease.a=1', 'lease.c=2', '-lease.a']);
    await watch.close();
    await bucket.put('lease.d', '3');
    await sleep(100);
    expect(told).toHaveLength(3);
  });

  test('a watch of nothing resolves at once', async () => {
    const watch = await bucket.watch('lease', listener);
    expect(told).toEqual([]);
    await watch.close();
  });
});

describe('a NATS bucket', () => {
  test('a watch goes on after the server was killed and started again: puts and keys that run out are told', async () => {
    const { bucket, restart, close } = await onNats();
    const told: string[] = [];
    await bucket.put('lease.a', '1');
    const watch = await bucket.watch('lease', { onPut: ({ key }) => told.push(key), onRemoved: (key) => told.push(`-${key}`) });
    await restart!();
    for (let tries = 0; ; tries++) {
      try {
        await bucket.put('lease.b', '1');
        break;
      } catch (error) {
        if (tries > 20) throw error;
        await sleep(200);
      }
    }
    await until('the put after the restart is told', () => told.includes('lease.b'), 20_000);
    await until('the key that ran out meanwhile is told', () => told.includes('-lease.a') && told.includes('-lease.b'), 20_000);
    expect(told.indexOf('lease.b')).toBeLessThan(told.indexOf('-lease.b'));
    await watch.close();
    await close();
  }, 60_000);

  test('a key that vanishes without a trace between the listing and the watch does not hold the watch up', async () => {
    const server = await startNatsServer();
    const connection = await connect({ servers: server.url });
    const bucket = await NatsBucket.open({ connection, name: 'leases', ttlMs: 60_000, replicas: 1 });
    await bucket.put('lease.a', '1');
    await bucket.put('lease.b', '1');
    const manager = await jetstreamManager(connection);
    const { kv } = bucket as unknown as { readonly kv: KV };
    const watchKeys = kv.watch.bind(kv);
    // After the listing, and before the server makes the watch.
    kv.watch = async (options) => {
      const { seq } = (await manager.streams.getMessage('KV_leases', { last_by_subj: '$KV.leases.lease.a' }))!;
      await manager.streams.deleteMessage('KV_leases', seq);
      return watchKeys(options);
    };
    const told: string[] = [];
    const watch = await bucket.watch('lease', { onPut: ({ key }) => told.push(key), onRemoved: (key) => told.push(`-${key}`) });
    expect(told).toEqual(['lease.b']);
    await watch.close();
    await connection.close();
    await server.stop();
  }, 30_000);

  test('another time to live than the bucket has is refused', async () => {
    const server = await startNatsServer();
    const connection = await connect({ servers: server.url });
    await NatsBucket.open({ connection, name: 'leases', ttlMs: 1_000, replicas: 1 });
    await expect(NatsBucket.open({ connection, name: 'leases', ttlMs: 2_000, replicas: 1 })).rejects.toThrow('has a time to live of 1000 ms, not the 2000 ms asked for');
    await connection.close();
    await server.stop();
  });
});
