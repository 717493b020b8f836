import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { decodeRegistryReply, registryFilter, registrySubject } from '@irqmesh/protocol';
import { createLogger } from '../logging/logger.ts';
import { startNatsServer } from '../nats-server/index.ts';
import type { NatsServer } from '../nats-server/index.ts';
import type { RpcReply } from './rpc.ts';
import { RpcServer } from './rpc-server.ts';
import type { RpcServerOptions } from './rpc-server.ts';

// The transport by itself; how it works under Nest is tested with ServiceApp.

const logger = createLogger({ service: 's', instance: 'i', version: '0', level: 'fatal' });
const PATTERN = registryFilter('producer', 'register');
const SUBJECT = registrySubject('producer', 'register', 'host-a');
const OK: RpcReply = { payload: new Uint8Array([1]), contentType: 'application/protobuf' };

let dir: string;
let nats: NatsServer;
let client: NatsConnection;
let rpc: RpcServer | undefined;
let refused: string[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'irqmesh-rpc-'));
  const configFile = join(dir, 'nats.conf');
  await writeFile(
    configFile,
    `authorization { users: [
      { user: service, password: s }
      { user: stranger, password: s, permissions: { subscribe: "irqmesh.rpc.consumer.>" } }
    ] }\n`,
  );
  nats = await startNatsServer({ jetstream: false, configFile });
  client = await connectAs('service');
  refused = [];
});

afterEach(async () => {
  await rpc?.close();
  rpc = undefined;
  await client.close();
  await nats.stop();
  await rm(dir, { recursive: true });
});

function connectAs(user: string): Promise<NatsConnection> {
  return connect({ servers: nats.url, user, pass: 's', reconnectTimeWait: 50 });
}

async function serve(handler: () => Promise<RpcReply>, options: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
  const server = new RpcServer({ connect: () => connectAs('service'), queue: 'q', logger, onRefused: ({ message }) => void refused.push(message), ...options });
  server.addHandler(PATTERN, handler);
  await new Promise<void>((resolve, reject) => void server.listen((error) => (error === undefined ? resolve() : reject(error))));
  rpc = server;
  return server;
}

describe('RpcServer', () => {
  it('refuses what is beyond its limits with -EAGAIN, and takes calls again later', async () => {
    let release = (): void => {};
    const held = new Promise<RpcReply>((resolve) => (release = () => resolve(OK)));
    await serve(() => held, { limits: { calls: 2, bytes: 1000 } });
    const calls = [1, 2].map(() => client.request(SUBJECT, '', { timeout: 5000 }));
    const { failure } = decodeRegistryReply((await client.request(SUBJECT, '', { timeout: 5000 })).data, 'application/protobuf');
    expect(failure).toMatchObject({ errno: -11, message: '-11 (EAGAIN): too many calls are under way here; ask again later', retryAfterMs: expect.any(Number) });
    release();
    expect((await Promise.all(calls)).map(({ data }) => [...data])).toEqual([[1], [1]]);
    expect([...(await client.request(SUBJECT)).data]).toEqual([1]);
  });

  it('goes on taking calls when the server comes back', async () => {
    await serve(async () => OK);
    await nats.kill();
    await nats.restart();
    const endMs = performance.now() + 10_000;
    let data: Uint8Array | undefined;
    while (data === undefined && performance.now() < endMs) {
      data = await client.request(SUBJECT, '', { timeout: 200 }).then((reply) => reply.data, () => undefined);
    }
    expect([...data!]).toEqual([1]);
  });

  it('tells when it may not take calls', async () => {
    await serve(async () => OK, { connect: () => connectAs('stranger') });
    expect(refused).toEqual([expect.stringMatching(/^NATS does not let this service take irqmesh\.rpc\.producer\.register\.\*: Permissions Violation/)]);
  });

  it('does not wait for calls that it cannot answer, since the server is gone', async () => {
    let taken = (): void => {};
    const underWay = new Promise<void>((resolve) => (taken = resolve));
    const server = await serve(() => {
      taken();
      return new Promise(() => {});
    });
    client.publish(SUBJECT, '', { reply: 'x' });
    await underWay;
    await nats.kill();
    const startMs = performance.now();
    expect(await server.drain(10_000)).toBe(1);
    expect(performance.now() - startMs).toBeLessThan(5000);
  });

  it('leaves no subscription behind', async () => {
    const server = await serve(async () => OK);
    await server.drain(1000);
    const { connections } = (await (await fetch(`${nats.monitorUrl}/connz?subs=1`)).json()) as { connections: { subscriptions_list?: string[] }[] };
    expect(connections).toHaveLength(2);
    expect(connections.flatMap(({ subscriptions_list = [] }) => subscriptions_list).filter((subject) => subject.startsWith('irqmesh.'))).toEqual([]);
  });

  it('does not start for a subject that has no reply message', async () => {
    const server = new RpcServer({ connect: () => connectAs('service'), queue: 'q', logger, onRefused: () => {} });
    server.addHandler('irqmesh.rpc.producer.destroy.*', async () => OK);
    rpc = server;
    await expect(new Promise<void>((resolve, reject) => void server.listen((error) => (error === undefined ? resolve() : reject(error))))).rejects.toThrow(
      'irqmesh.rpc.producer.destroy.*: no reply message is known for calls on this subject',
    );
  });
});
