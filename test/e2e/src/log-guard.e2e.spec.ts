import { cpSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connect as connectSdk } from '@irqmesh/client';
import type { IrqMeshClient } from '@irqmesh/client';
import { Fold } from '@irqmesh/domain';
import type { Side } from '@irqmesh/domain';
import { openJetStreamLog, START } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import { SCHEMA_VERSION, STREAM_NAME } from '@irqmesh/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { SERVICES, Stack } from './stack.ts';

/** Sessions and leases outlive every test: what changes is what the test does. */
const SETTINGS = { IRQMESH_SESSION_TTL_MS: '600000', IRQMESH_LEASE_TTL_MS: '2000' };
const ACCEPT = { IRQMESH_ACCEPT_DATA_LOSS: 'true' };
const TEST_TIMEOUT_MS = 150_000;

const FATAL = 74;
const CONFIG = 78;
const SIDES: readonly Side[] = ['producer', 'consumer'];

let stack: Stack;

beforeEach(async () => {
  stack = await Stack.start({ settings: SETTINGS });
}, 90_000);

afterEach(() => stack.close(), 60_000);

/** Uses a connection that does not outlive the use: servers are taken away in these tests. */
async function withNats<T>(use: (connection: NatsConnection, manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: stack.nats.url });
  try {
    return await use(connection, await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

async function withHost<T>(use: (host: IrqMeshClient) => Promise<T>): Promise<T> {
  const host = await connectSdk({ servers: stack.nats.url, host: 'host-a', log: { warn: () => {} } });
  try {
    return await use(host);
  } finally {
    await host.close();
  }
}

async function connectPair(host: IrqMeshClient, token: string): Promise<void> {
  await host.registerConsumer({ token, addProducer: () => {}, delProducer: () => {} });
  await host.registerProducer({ token, irq: 56 });
}

async function stopServices(): Promise<void> {
  await Promise.all(stack.services.map((service) => service.stop()));
}

async function startServices(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  await Promise.all(stack.services.map((service) => service.start(settings)));
}

/** Takes the server down, has its folder changed, and starts it again. */
async function whileDown(change: (folder: string) => void): Promise<void> {
  await stack.nats.kill();
  change(stack.natsFolder);
  await stack.nats.restart();
}

function copyTo(backup: string): (folder: string) => void {
  return (folder) => cpSync(folder, backup, { recursive: true });
}

function wipe(folder: string): void {
  rmSync(folder, { recursive: true });
}

function putBack(backup: string): (folder: string) => void {
  return (folder) => {
    wipe(folder);
    cpSync(backup, folder, { recursive: true });
  };
}

/** Every service ends with this code, and says this in one line: what is wrong, and how to go on. */
async function expectEnds(how: 'at the start' | 'running', code: number, sentence: RegExp, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const ends = await Promise.all(stack.services.map((service) => (how === 'running' ? service.whenEnded() : service.startInVain(settings))));
  expect(ends).toEqual(SERVICES.map(() => ({ code, lastWords: [expect.stringMatching(sentence)] })));
}

function lostData(what: string): RegExp {
  return new RegExp(`^the log has lost data: ${what}; restore the log from a backup, or start with IRQMESH_ACCEPT_DATA_LOSS=true to go on from what is there, which rebuilds the read model$`);
}

const MADE_ANEW = lostData('it was read up to sequence \\d+, but it was made at [^ ]+Z, the one that is there now at [^ ]+Z');

async function withLog<T>(use: (log: EventLog) => Promise<T>): Promise<T> {
  return withNats(async (connection) => {
    const log = await openJetStreamLog({ connection, create: true });
    try {
      return await use(log);
    } finally {
      await log.close();
    }
  });
}

async function replaceStream(): Promise<void> {
  await withNats((_connection, manager) => manager.streams.delete(STREAM_NAME));
  await withLog(async () => {});
}

async function appendNotes(count: number): Promise<void> {
  await withLog(async (log) => {
    const participant = { host: 'host-a', session: 's1', id: 'vector-3' };
    const body = { type: 'RegistrationRefused', side: 'producer', participant, result: -16, holderSequence: undefined, count: 1 } as const;
    for (let at = 0; at < count; at++) {
      await log.append({ event: { id: `note-${at}`, token: 'noted', timeMs: Date.now(), source: 'test/1', causationId: undefined, traceparent: undefined, body } });
    }
  });
}

function registrationLine(side: Side, token: string, sequence: number, connected: boolean): string {
  return `${side} ${token} #${sequence}${connected ? ' connected' : ''}`;
}

/** What is registered, by the log alone. */
async function stateOfLog(): Promise<string[]> {
  return withLog(async (log) => {
    const fold = new Fold();
    await new Promise<void>((resolve, reject) => {
      log.subscribe(START, { onEvent: (event) => void fold.apply(event), onCaughtUp: resolve, onEnd: reject }).catch(reject);
    });
    return [...fold.tokens()].flatMap((state) => SIDES.flatMap((side) => {
      const registration = state[side];
      return registration === undefined ? [] : [registrationLine(side, state.token, registration.sequence, state.connected)];
    })).sort();
  });
}

/** The same as the registries tell it from their read models. */
async function stateOfRegistries(): Promise<string[]> {
  return withHost(async (host) => {
    const lines: string[] = [];
    for (const side of SIDES) {
      for await (const { token, sequence, state } of host.list(side)) lines.push(registrationLine(side, token, sequence, state === 'connected'));
    }
    return lines.sort();
  });
}

/** Two pairs, of which only the first is in the backup; services and server run. */
async function makeBackupOfFirstPair(): Promise<string> {
  const backup = `${stack.natsFolder}-backup`;
  await withHost(async (host) => {
    await connectPair(host, 'kept');
    await whileDown(copyTo(backup));
    await connectPair(host, 'lost');
  });
  return backup;
}

describe('a service does not start', () => {
  test('on a log that ends before its checkpoint, or holds another event there; told to, it goes on from what is there', async () => {
    const backup = await makeBackupOfFirstPair();
    await stopServices();
    await whileDown(putBack(backup));
    await expectEnds('at the start', FATAL, lostData('it was read up to sequence \\d+, but it ends at sequence 3'));
    await appendNotes(30);
    await expectEnds('at the start', FATAL, lostData('it was read up to sequence \\d+, but event [^ ]+ stood there, now it is note-\\d+'));
    await startServices(ACCEPT);
    expect(await stateOfRegistries()).toEqual(['consumer kept #1 connected', 'producer kept #2 connected']);
    expect(await stateOfLog()).toEqual(['consumer kept #1 connected', 'producer kept #2 connected']);
    await withHost(async (host) => {
      await connectPair(host, 'next');
      expect(await stateOfRegistries()).toEqual(await stateOfLog());
    });
  }, TEST_TIMEOUT_MS);

  test('on a log that was made anew; what was accepted once needs no flag afterwards', async () => {
    await withHost((host) => connectPair(host, 'first'));
    await stopServices();
    await replaceStream();
    await expectEnds('at the start', FATAL, MADE_ANEW);
    await whileDown(wipe);
    await expectEnds('at the start', FATAL, MADE_ANEW);
    await startServices(ACCEPT);
    await withHost((host) => connectPair(host, 'second'));
    await stopServices();
    await startServices();
    await withHost((host) => connectPair(host, 'third'));
  }, TEST_TIMEOUT_MS);

  test('on a log with another number of partitions, unless that is left open', async () => {
    await stopServices();
    const sentence = /^the log has 16 partitions, 8 are asked for, and a log keeps its number of partitions for life; unset IRQMESH_PARTITIONS, or set it to the log's number$/;
    await expectEnds('at the start', CONFIG, sentence, { IRQMESH_PARTITIONS: '8' });
    await withNats(async (_connection, manager) => {
      const { config } = await manager.streams.info(STREAM_NAME);
      await manager.streams.delete(STREAM_NAME);
      await manager.streams.add({ ...config, metadata: { ...config.metadata, 'irqmesh.partitions': '8' } });
    });
    await startServices();
    await withHost((host) => connectPair(host, 'first'));
  }, TEST_TIMEOUT_MS);

  test('on a log of a newer schema', async () => {
    await stopServices();
    const setSchema = (version: number): Promise<unknown> => withNats(async (_connection, manager) => {
      const { config } = await manager.streams.info(STREAM_NAME);
      return manager.streams.update(STREAM_NAME, { metadata: { ...config.metadata, 'irqmesh.schema': String(version) } });
    });
    await setSchema(SCHEMA_VERSION + 1);
    const sentence = new RegExp(`^the log is written with schema version ${SCHEMA_VERSION + 1}, this program knows versions up to ${SCHEMA_VERSION}: use a newer one$`);
    await expectEnds('at the start', CONFIG, sentence);
    await expectEnds('at the start', CONFIG, sentence, ACCEPT);
    await setSchema(SCHEMA_VERSION);
    await startServices();
  }, TEST_TIMEOUT_MS);
});

describe('a running service ends', () => {
  test('when the log was put back to an earlier state while the server was down', async () => {
    const backup = await makeBackupOfFirstPair();
    await whileDown(putBack(backup));
    await expectEnds('running', FATAL, lostData('it was read up to sequence \\d+, but .+'));
  }, TEST_TIMEOUT_MS);

  test('when the log was wiped while the server was down', async () => {
    await withHost((host) => connectPair(host, 'first'));
    await whileDown(wipe);
    await expectEnds('running', FATAL, lostData('its stream IRQMESH is gone'));
  }, TEST_TIMEOUT_MS);

  test('when the stream was removed and made anew under it', async () => {
    await withHost((host) => connectPair(host, 'first'));
    await replaceStream();
    await expectEnds('running', FATAL, MADE_ANEW);
  }, TEST_TIMEOUT_MS);
});
