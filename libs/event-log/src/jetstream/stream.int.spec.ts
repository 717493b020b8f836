import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { connect } from '@nats-io/transport-node';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aNote, anEvent } from '../../test-support/events.ts';
import { StreamUnderTest } from '../../test-support/stream-under-test.ts';
import { LogConfigurationError } from '../port.ts';
import type { LogConfigurationProblem } from '../port.ts';
import { openJetStreamLog } from './jetstream-event-log.ts';
import { newStreamConfig } from './stream-config.ts';
import { openStream } from './stream.ts';

describe('openJetStreamLog', () => {
  let server: NatsServer;
  let stream: StreamUnderTest;

  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    stream = await StreamUnderTest.make(server);
  });
  afterEach(() => stream.dispose());

  async function refusal(opening: Promise<unknown>, problem: LogConfigurationProblem = 'other'): Promise<string> {
    const error: unknown = await opening.then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(LogConfigurationError);
    expect(error).toMatchObject({ problem });
    return (error as Error).message;
  }

  async function metadata(): Promise<Record<string, string> | undefined> {
    return (await stream.manager.streams.info('IRQMESH')).config.metadata;
  }

  it('makes the stream as the design has it, and takes it as it is afterwards', async () => {
    const log = await stream.open({ partitions: 4 });
    expect(log.partitions).toBe(4);
    const { config } = await stream.manager.streams.info('IRQMESH');
    expect(config).toMatchObject({
      name: 'IRQMESH', subjects: ['irqmesh.evt.>'], storage: 'file', num_replicas: 1, deny_delete: true, deny_purge: true, allow_direct: true,
      duplicate_window: 120e9, retention: 'limits', max_age: 0, max_msgs: -1, max_bytes: -1, metadata: { 'irqmesh.partitions': '4', 'irqmesh.schema': '1' },
    });
    expect((await stream.open()).partitions).toBe(4);
    expect((await stream.open({ partitions: 4, replicas: 1, create: false })).partitions).toBe(4);
    expect(await log.identity()).toMatchObject({ firstSequence: 1, lastSequence: 0 });
    expect(Math.abs((await log.identity()).createdMs - Date.now())).toBeLessThan(60_000);
  });

  it('is opened by many at once', async () => {
    const logs = await Promise.all(Array.from({ length: 5 }, () => stream.open()));
    expect(logs.map(({ partitions }) => partitions)).toEqual([16, 16, 16, 16, 16]);
    const others = await Promise.allSettled([stream.open({ partitions: 16 }), stream.open({ partitions: 8 })]);
    expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('lets one of two win that want different streams', async () => {
    const openings = await Promise.allSettled([stream.open({ partitions: 4 }), stream.open({ partitions: 8 })]);
    const refused = openings.filter((opening) => opening.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(String(refused[0]!.reason)).toMatch(/the log has [48] partitions, [48] are asked for/);
  });

  it('makes none unless asked to', async () => {
    expect(await refusal(stream.open({ create: false }))).toContain('there is no stream IRQMESH on this NATS server');
  });

  it('lists how a stream differs from what it must be', async () => {
    await stream.manager.streams.add({ name: 'IRQMESH', subjects: ['irqmesh.>'], max_age: 1e9 });
    const message = await refusal(stream.open());
    for (const difference of ['subjects is ["irqmesh.>"]', 'max_age is 1000000000, must be 0', 'deny_delete is false, must be true', 'irqmesh.partitions is not set']) {
      expect(message).toContain(difference);
    }
  });

  it('does not accept another number of partitions or replicas', async () => {
    await stream.open();
    expect(await refusal(stream.open({ partitions: 8 }), 'partitions')).toBe('the log has 16 partitions, 8 are asked for, and a log keeps its number of partitions for life');
    expect(await refusal(stream.open({ replicas: 3 }))).toContain('num_replicas is 1, must be 3');
  });

  it('refuses a log of a newer schema, for reading too', async () => {
    await openStream(stream.admin, stream.manager, { create: true }, 2);
    const sentence = 'the log is written with schema version 2, this program knows versions up to 1: use a newer one';
    expect(await refusal(stream.open(), 'schema')).toBe(sentence);
    expect(await refusal(stream.open({ create: false, partitions: 8 }), 'schema')).toBe(sentence);
    expect(await openStream(stream.admin, stream.manager, { create: true }, 3)).toEqual({ partitions: 16, replicas: 1 });
  });

  it('raises the schema of an older log before anything is written, and only then', async () => {
    // As it was made before there was the field.
    const { metadata: _none, ...config } = newStreamConfig({ partitions: 4 });
    await stream.manager.streams.add({ ...config, metadata: { 'irqmesh.partitions': '4', owner: 'team-a' } });
    const log = await stream.open();
    await log.append({ event: anEvent(aNote()) });
    expect(await metadata()).not.toHaveProperty(['irqmesh.schema']);
    await openStream(stream.admin, stream.manager, { create: false }, 2);
    expect(await metadata()).not.toHaveProperty(['irqmesh.schema']);
    expect(await openStream(stream.admin, stream.manager, { create: true, partitions: 4 }, 2)).toEqual({ partitions: 4, replicas: 1 });
    expect(await metadata()).toMatchObject({ 'irqmesh.partitions': '4', 'irqmesh.schema': '2', owner: 'team-a' });
    expect(await refusal(stream.open(), 'schema')).toContain('schema version 2');
    expect(await openStream(stream.admin, stream.manager, { create: true, replicas: 1 }, 2)).toEqual({ partitions: 4, replicas: 1 });
    expect((await log.identity()).lastSequence).toBe(1);
  });

  it('tells why the stream cannot be made', async () => {
    expect(await refusal(stream.open({ replicas: 3 }))).toMatch(/the stream IRQMESH cannot be made: .*replicas/);
  });
});

describe('openJetStreamLog on a server without JetStream', () => {
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'irqmesh-test-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function openingOn(server: NatsServer): Promise<unknown> {
    const connection = await connect({ servers: server.url });
    try {
      return await openJetStreamLog({ connection, create: true }).catch((reason: unknown) => reason);
    } finally {
      await connection.close();
      await server.stop();
    }
  }

  it('says so', async () => {
    const error = await openingOn(await startNatsServer({ jetstream: false }));
    expect(error).toBeInstanceOf(LogConfigurationError);
    expect(String(error)).toContain('JetStream is not enabled on this NATS server');
  });

  it('says so for an account without it', async () => {
    const configFile = join(dir, 'accounts.conf');
    await writeFile(configFile, 'accounts { A { users: [{ user: a, password: a }] }, B { jetstream: enabled, users: [{ user: b, password: b }] } }\nno_auth_user: a\n');
    const error = await openingOn(await startNatsServer({ configFile }));
    expect(error).toBeInstanceOf(LogConfigurationError);
    expect(String(error)).toContain('JetStream is not enabled on this NATS server');
  });
});
