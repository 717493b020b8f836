import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeSessionBucket } from '../../test-support/session-bucket-contract.ts';
import { NatsSessionBucket } from './nats-session-bucket.ts';

let server: NatsServer;
let buckets = 0;

beforeAll(async () => {
  server = await startNatsServer();
});

afterAll(() => server.stop());

describeSessionBucket('The NATS session bucket', async () => {
  const connection = await connect({ servers: server.url });
  const name = `sessions_${++buckets}`;
  await new Kvm(jetstream(connection)).create(name, { ttl: 1_500, markerTTL: 60_000, history: 1, allow_direct: false });
  return { bucket: await NatsSessionBucket.open(connection, name), pass: (ms) => sleep(ms), dispose: () => connection.close() };
});

test('is not opened where there is none, or one whose keys would live for ever', async () => {
  const connection = await connect({ servers: server.url });
  await expect(NatsSessionBucket.open(connection, 'missing')).rejects.toThrow('the key-value bucket missing cannot be read; is a registry running?');
  await new Kvm(jetstream(connection)).create('eternal', {});
  await expect(NatsSessionBucket.open(connection, 'eternal')).rejects.toThrow('has no time to live');
  await connection.close();
});
