import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { openJetStreamLog } from '@irqmesh/event-log';
import { STREAM_NAME } from '@irqmesh/protocol';
import { connect } from '@nats-io/transport-node';
import { NatsCluster } from './nats-cluster.ts';

jest.setTimeout(120_000);

let folder: string;
let cluster: NatsCluster | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irqmesh-cluster-'));
});

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  await rm(folder, { recursive: true, force: true });
});

test('three nodes hold the log in three replicas, and go on without their leader', async () => {
  cluster = await NatsCluster.start(3, folder);
  const connection = await connect({ servers: cluster.urls, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  const log = await openJetStreamLog({ connection, create: true, replicas: 3 });
  const append = (id: string, expectedLastSequence: number) => log.append({
    expectedLastSequence,
    event: {
      id, token: 't', timeMs: 1, source: 'test',
      body: { type: 'ConsumerRegistered', participant: { host: 'h', session: 's', id }, callbacks: ['add_producer', 'del_producer'], deadlineMs: 1_000, requestId: id, quiesceGroup: undefined },
    },
  });
  expect(await append('a', 0)).toEqual({ kind: 'appended', sequence: 1, duplicate: false });
  const leader = await cluster.leaderOf(STREAM_NAME);
  expect(leader).toBeDefined();
  await leader!.server.kill();
  let appended: unknown;
  for (const untilMs = performance.now() + 60_000; appended === undefined && performance.now() < untilMs; ) appended = await append('b', 1).catch(() => undefined);
  // Its first attempt may have been stored without an answer.
  expect(appended).toMatchObject({ kind: expect.stringMatching(/appended|conflict/) });
  expect((await log.read(2))?.id).toBe('b');
  expect((await cluster.leaderOf(STREAM_NAME))?.name).not.toBe(leader!.name);
  await leader!.server.restart();
  await cluster.whenFormed();
  await log.close();
  await connection.close();
});

test('a single node leads by itself', async () => {
  cluster = await NatsCluster.start(1, folder);
  expect(await cluster.leaderOf(STREAM_NAME)).toBe(cluster.nodes[0]);
});
