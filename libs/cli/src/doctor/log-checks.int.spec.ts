import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openJetStreamLog } from '@irqmesh/event-log';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { STREAM_NAME } from '@irqmesh/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { checkLog } from './log-checks.ts';

let server: NatsServer;
let connection: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  manager = await jetstreamManager(connection);
});

afterAll(async () => {
  await connection.close();
  await server.stop();
});

describe('checkLog', () => {
  test('tells that there is no stream, one that fits, and one that a newer irqmesh writes to', async () => {
    expect((await checkLog(connection, manager)).check).toMatchObject({ status: 'fail', message: expect.stringContaining('there is no stream'), advice: expect.stringContaining('make the stream') });
    await (await openJetStreamLog({ connection, partitions: 4, create: true })).close();
    expect(await checkLog(connection, manager)).toMatchObject({ check: { status: 'ok', message: expect.stringContaining('4 partitions') }, facts: { partitions: 4 } });
    const { config } = await manager.streams.info(STREAM_NAME);
    await manager.streams.update(STREAM_NAME, { metadata: { ...config.metadata, 'irqmesh.schema': '99' } });
    const { check, facts } = await checkLog(connection, manager);
    expect(check).toMatchObject({ status: 'fail', message: expect.stringContaining('written with schema version 99'), advice: expect.stringContaining('as new as') });
    expect(facts).toBeUndefined();
  });
});
