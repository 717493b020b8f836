import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Errno } from '@irqmesh/domain';
import { encodeInvokeRequest, parseSessionRecord, SESSIONS_BUCKET, sessionBucketKey } from '@irqmesh/protocol';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { setTimeout as sleep } from 'node:timers/promises';
import { NatsMesh } from '../test-support/nats-mesh.ts';
import type { IrqMeshClient } from './client.ts';
import { connect } from './connect.ts';
import type { ConnectOptions } from './connect.ts';

/** Renewed each 0.3 s, fenced after 1.2 s. */
const TTL_MS = 3_000;

let nats: NatsMesh;
const clients: IrqMeshClient[] = [];

beforeAll(async () => {
  nats = await NatsMesh.start(TTL_MS);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

afterAll(() => nats.stop());

async function host(name: string, options: Partial<ConnectOptions> = {}): Promise<IrqMeshClient> {
  const client = await connect({ servers: nats.server.url, host: name, log: { warn: () => {} }, ...options });
  clients.push(client);
  return client;
}

async function until(condition: () => boolean, withinMs = 10_000): Promise<void> {
  for (const startedMs = performance.now(); !condition(); await sleep(10)) {
    if (performance.now() - startedMs > withinMs) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
  }
}

async function storedSession({ host: name, session }: IrqMeshClient) {
  const kv = await new Kvm(jetstream(nats.connection)).open(SESSIONS_BUCKET);
  const entry = await kv.get(sessionBucketKey(name, session!));
  return entry?.operation === 'PUT' ? parseSessionRecord(entry.string()) : undefined;
}

describe('the SDK over NATS', () => {
  test('connects and disconnects two hosts', async () => {
    const calls: string[] = [];
    const [one, two] = await Promise.all([host('one'), host('two')]);
    const producer = await one.registerProducer({
      id: 'P', token: 'eventfd-42', irq: 128,
      stop: () => void calls.push('P.stop'),
      addConsumer: async ({ participant }) => void calls.push(`P.addConsumer ${participant.id}`),
      delConsumer: ({ participant }) => void calls.push(`P.delConsumer ${participant.id}`),
    });
    await two.registerConsumer({
      id: 'C', token: 'eventfd-42',
      addProducer: ({ participant, irq, token }) => void calls.push(`C.addProducer ${participant.id} ${irq} ${token}`),
      delProducer: () => void calls.push('C.delProducer'),
      start: () => void calls.push('C.start'),
    });
    await producer.unregister();
    expect(calls).toEqual([
      'P.stop', 'P.addConsumer C', 'C.addProducer P 128 eventfd-42', 'C.start', 'P.stop', 'C.delProducer', 'P.delConsumer C', 'C.start',
    ]);
  });

  test('registers all vectors of a device at once', async () => {
    const client = await host('batch');
    const results = await client.registerProducers(Array.from({ length: 2_048 }, (_, irq) => ({ token: `batch/${irq}`, irq })));
    expect(results.filter(({ ok }) => ok !== undefined)).toHaveLength(2_048);
    expect(await nats.holdings('batch', client.session!)).toMatchObject({ producerRequestIds: { length: 2_048 }, consumerRequestIds: [] });
  });

  test('keeps its session renewed, with what it holds, and ends it when it is closed', async () => {
    const client = await host('renewing');
    await client.registerProducer({ token: 'renewing', irq: 1 });
    await sleep(TTL_MS * 1.5);
    const record = await storedSession(client);
    expect(record).toMatchObject({ host: 'renewing', session: client.session, producers: { count: 1 }, consumers: { count: 0, digest: 0 } });
    await client.close();
    expect(await storedSession(client)).toBeUndefined();
    expect(nats.mesh.registrations()).not.toContain('producer renewing');
  });

  test('rule 12: a session whose key is taken away is lost, and followed by one that replaces it', async () => {
    const calls: string[] = [];
    const [client, peer] = await Promise.all([host('evicted'), host('peer')]);
    await peer.registerConsumer({ token: 'evicted', addProducer: () => {}, delProducer: () => {} });
    await client.registerProducer({ id: 'P', token: 'evicted', irq: 1, addConsumer: () => void calls.push('add'), delConsumer: () => void calls.push('del') });
    const told: string[] = [];
    client.on('sessionLost', ({ reason }) => told.push(`lost ${reason}`));
    client.on('sessionOpened', () => told.push('opened'));
    client.on('registrationRestored', ({ id }) => told.push(`restored ${id}`));
    const lost = client.session!;
    await (await new Kvm(jetstream(nats.connection)).open(SESSIONS_BUCKET)).purge(sessionBucketKey('evicted', lost));
    nats.mesh.expire('evicted', lost);
    await until(() => told.length === 3);
    expect(told).toEqual(['lost gone', 'opened', 'restored P']);
    expect(calls).toEqual(['add', 'del', 'add']);
    expect(await storedSession(client)).toMatchObject({ replaces: lost });
  });

  test('rule 4: without NATS the pairs are torn down while the lease still lasts; with it all comes back', async () => {
    const calls: string[] = [];
    const [client, peer] = await Promise.all([host('cut'), host('cutpeer')]);
    await peer.registerConsumer({ token: 'cut', addProducer: () => {}, delProducer: () => {} });
    await client.registerProducer({ id: 'P', token: 'cut', irq: 1, addConsumer: () => void calls.push('add'), delConsumer: () => void calls.push('del') });
    const lost = [client.session!, peer.session!];
    const seen: string[] = [];
    client.on('disconnected', () => seen.push('disconnected'));
    client.on('registrationRestored', () => seen.push('restored'));
    const cutMs = performance.now();
    await nats.server.kill();
    await until(() => calls.length === 2);
    expect(performance.now() - cutMs).toBeLessThan(TTL_MS * 0.6);
    await nats.server.restart();
    // The mini mesh expires nobody by itself.
    nats.mesh.expire('cut', lost[0]!);
    nats.mesh.expire('cutpeer', lost[1]!);
    await until(() => seen.includes('restored') && calls.length === 3, 20_000);
    expect(seen[0]).toBe('disconnected');
    expect(calls).toEqual(['add', 'del', 'add']);
  }, 30_000);

  test('without a registry a register is -ETIMEDOUT and says so', async () => {
    const alone = await NatsMesh.start(TTL_MS);
    await alone.connection.drain();
    const client = await host('alone', { servers: alone.server.url, requestTimeoutMs: 500 });
    await expect(client.registerProducer({ token: 't', irq: 1 })).rejects.toThrow(/-110 \(ETIMEDOUT\).*no registry is running/);
    await client.close();
    await alone.server.stop();
  });
});

describe('calls that an agent cannot read', () => {
  test('are answered with the error, and the agent stays up', async () => {
    const client = await host('garbled');
    await client.registerProducer({ id: 'P', token: 'garbled', irq: 1 });
    const { session } = client;
    const reply = await nats.invoke('garbled', session!, new TextEncoder().encode('garbage'));
    expect(reply.failure?.errno).toBe(Errno.EINVAL);
    expect((await nats.invoke('garbled', session!, encodeInvokeRequest([]))).failure?.errno).toBe(Errno.EINVAL);
    expect((await nats.holdings('garbled', session!)).producerRequestIds).toHaveLength(1);
  });
});

describe('connecting', () => {
  test('fails in time where there is no NATS server', async () => {
    await expect(connect({ servers: 'nats://127.0.0.1:1', host: 'h', connectTimeoutMs: 500 })).rejects.toThrow('no NATS server answers at nats://127.0.0.1:1');
  });

  test.each([
    ['a host with a dot', { host: 'a.b' }],
    ['a timeout of nothing', { host: 'h', requestTimeoutMs: 0 }],
  ])('refuses %s with -EINVAL', async (_what, options) => {
    await expect(connect({ servers: nats.server.url, ...options })).rejects.toMatchObject({ errno: Errno.EINVAL });
  });
});
