import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { EventDecodeError } from '@irqmesh/protocol';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aNote, anEvent, aRegistration } from '../../test-support/events.ts';
import { RecordingReader } from '../../test-support/recording-reader.ts';
import { StreamUnderTest } from '../../test-support/stream-under-test.ts';
import { LogConfigurationError, LogLostDataError, LogRefusedError, LogUnavailableError, START } from '../port.ts';
import type { AppendResult, EventLog } from '../port.ts';

const TIMEOUT_MS = 40_000;

let dir: string;
let server: NatsServer;
let stream: StreamUnderTest;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'irqmesh-test-'));
  server = await startNatsServer({ storeDir: join(dir, 'store') });
  stream = await StreamUnderTest.make(server);
});

afterEach(async () => {
  await stream.dispose();
  await server.stop();
  await rm(dir, { recursive: true });
}, TIMEOUT_MS);

/** The server does not answer while `run` is under way, though its connections stand. */
async function whileSilent<T>(run: () => Promise<T>): Promise<T> {
  process.kill(server.pid!, 'SIGSTOP');
  try {
    return await run();
  } finally {
    process.kill(server.pid!, 'SIGCONT');
  }
}

/** What became of each append: its sequence, or the error's name. */
async function outcomes(appends: readonly Promise<AppendResult>[]): Promise<(number | string)[]> {
  const settled = await Promise.allSettled(appends);
  return settled.map((end) => (end.status === 'rejected' ? (end.reason as Error).name : end.value.kind === 'appended' ? end.value.sequence : 'conflict'));
}

async function readFrom(log: EventLog): Promise<RecordingReader> {
  const reader = new RecordingReader();
  reader.subscription = await log.subscribe(START, reader);
  await reader.caughtUp(1);
  return reader;
}

function appendNotes(log: EventLog, count: number): Promise<AppendResult>[] {
  return Array.from({ length: count }, () => log.append({ event: anEvent(aNote()) }));
}

describe('append', () => {
  it('has no more in flight than it may', async () => {
    const log = await stream.open({ maxInFlight: 3 });
    let settled = 0;
    const sequences: number[] = [];
    // The core subscription sees each publication when the server does, before any later acknowledgement.
    const admin = stream.admin.subscribe('irqmesh.evt.>', { callback: (_error, message) => void sequences.push(Number(message.reply!.split('.').at(-1)) - settled) });
    await stream.admin.flush();
    const appends = appendNotes(log, 100);
    for (const append of appends) void append.then(() => settled++);
    expect(await outcomes(appends)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    await stream.admin.flush();
    admin.unsubscribe();
    expect(sequences).toHaveLength(100);
    expect(Math.max(...sequences)).toBeLessThanOrEqual(3);
  });

  it('fails in time while the server does not answer, sent or not, and works again afterwards', async () => {
    const log = await stream.open({ maxInFlight: 10, ackTimeoutMs: 300 });
    await whileSilent(async () => {
      const startMs = performance.now();
      const appends = appendNotes(log, 20);
      expect(await outcomes(appends)).toEqual(Array<string>(20).fill('LogUnavailableError'));
      expect(performance.now() - startMs).toBeLessThan(3000);
      await expect(appends[0]).rejects.toThrow('no acknowledgement from the log within 300 ms; the event may be stored');
      await expect(appends[19]).rejects.toThrow('could not be sent to the log within 300 ms');
    });
    // Those that had been sent are stored after all.
    expect(await outcomes(appendNotes(log, 1))).toEqual([11]);
  });

  it('waits for a server that is restarted, and loses no order', async () => {
    const log = await stream.open();
    expect(await outcomes(appendNotes(log, 1))).toEqual([1]);
    const reader = await readFrom(log);
    await server.kill();
    await sleep(100);
    const appends = appendNotes(log, 50);
    await server.restart();
    expect(await outcomes(appends)).toEqual(Array.from({ length: 50 }, (_, at) => at + 2));
    await reader.sequence(51);
    expect(reader.trace().filter((step) => step === 'caught up')).toHaveLength(2);
  }, TIMEOUT_MS);

  it('says that an event is too large', async () => {
    const log = await stream.open();
    const event = { ...anEvent(aNote()), source: 'x'.repeat(2_000_000) };
    await expect(log.append({ event })).rejects.toThrow(LogRefusedError);
    expect(await outcomes(appendNotes(log, 1))).toEqual([1]);
  });

  it('fails while there is no stream', async () => {
    const log = await stream.open();
    await stream.remove();
    await expect(log.append({ event: anEvent(aNote()) })).rejects.toThrow('no stream takes the events now');
    await expect(log.append({ event: anEvent(aNote()) })).rejects.toThrow(LogUnavailableError);
  });

  it('refuses more waiting appends than it can hold', async () => {
    const log = await stream.open({ maxInFlight: 1, ackTimeoutMs: 100 });
    await whileSilent(async () => {
      const appends = appendNotes(log, 65_540);
      const last = appends.splice(-3);
      expect(await outcomes(last)).toEqual(Array<string>(3).fill('LogUnavailableError'));
      await expect(last[0]).rejects.toThrow('65536 appends are waiting already');
      await Promise.allSettled(appends);
    });
  }, TIMEOUT_MS);

  it('says what the server does not permit', async () => {
    await stream.dispose();
    await server.stop();
    const configFile = join(dir, 'permissions.conf');
    const permissions = '{ publish: { deny: ["irqmesh.evt.*.producer.*"] } }';
    await writeFile(configFile, `authorization { users: [{ user: admin, password: admin }, { user: it, password: it, permissions: ${permissions} }] }\nno_auth_user: admin\n`);
    server = await startNatsServer({ configFile });
    stream = await StreamUnderTest.make(server);
    const log = await stream.open({ connection: await stream.connect({ user: 'it', pass: 'it' }) });
    const startMs = performance.now();
    await expect(log.append({ event: anEvent(aRegistration('producer')), expectedLastSequence: 0 })).rejects.toThrow(LogRefusedError);
    expect(performance.now() - startMs).toBeLessThan(3000);
    expect(await log.append({ event: anEvent(aRegistration('consumer')), expectedLastSequence: 0 })).toMatchObject({ sequence: 1 });
  });
});

describe('reading', () => {
  it('ends when the log was replaced while the connection was lost', async () => {
    const log = await stream.open();
    await Promise.all(appendNotes(log, 3));
    const reader = await readFrom(log);
    await server.kill();
    await rm(join(dir, 'store'), { recursive: true });
    await server.restart();
    expect(await reader.end()).toBeInstanceOf(LogLostDataError);
    const other = await stream.open();
    await Promise.all(appendNotes(other, 5));
    expect(reader.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    await expect(log.subscribe({ createdMs: 5, sequence: 0, eventId: '' }, reader)).rejects.toThrow(LogLostDataError);
  }, TIMEOUT_MS);

  it('ends when the stream is removed under it', async () => {
    const log = await stream.open();
    await Promise.all(appendNotes(log, 3));
    const reader = await readFrom(log);
    await stream.remove();
    await stream.open();
    expect(await reader.end()).toBeInstanceOf(LogLostDataError);
  }, TIMEOUT_MS);

  it('goes on when its consumer is removed under it', async () => {
    const log = await stream.open();
    await Promise.all(appendNotes(log, 3));
    const reader = await readFrom(log);
    const [consumer] = await stream.manager.consumers.list('IRQMESH').next();
    await stream.manager.consumers.delete('IRQMESH', consumer!.name);
    await Promise.all(appendNotes(log, 3));
    await reader.sequence(6);
    expect(reader.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
    await log.close();
    expect(await stream.openHandles()).toBe(0);
  }, TIMEOUT_MS);

  it('ends at a message that is no event, naming it', async () => {
    const log = await stream.open();
    await Promise.all(appendNotes(log, 2));
    await stream.admin.request('irqmesh.evt.1.note.eA', 'junk');
    await Promise.all(appendNotes(log, 1));
    const reader = new RecordingReader();
    await log.subscribe(START, reader);
    const error = await reader.end();
    expect(error).toBeInstanceOf(EventDecodeError);
    expect((error as EventDecodeError).sequence).toBe(3);
    expect(reader.events.map(({ sequence }) => sequence)).toEqual([1, 2]);
    await expect(log.read(3)).rejects.toThrow(EventDecodeError);
    await log.close();
    expect(await stream.openHandles()).toBe(0);
  });

  it('begins where the stream begins', async () => {
    await stream.open();
    const { config } = await stream.manager.streams.info('IRQMESH');
    await stream.remove();
    await stream.manager.streams.add({ ...config, first_seq: 101 });
    const log = await stream.open();
    expect(await log.identity()).toMatchObject({ firstSequence: 101, lastSequence: 100 });
    const reader = await readFrom(log);
    expect(await outcomes(appendNotes(log, 2))).toEqual([101, 102]);
    await reader.sequence(102);
    await stream.crash();
    await Promise.all(appendNotes(log, 1));
    await reader.sequence(103);
    expect(reader.events.map(({ sequence }) => sequence)).toEqual([101, 102, 103]);
  }, TIMEOUT_MS);

  it('keeps order and completeness through many crashes', async () => {
    const log = await stream.open({ connection: await stream.connect() });
    const writer = await stream.open({ ackTimeoutMs: 2000 });
    const readers = await Promise.all([readFrom(log), readFrom(log)]);
    let stored = 0;
    for (let round = 0; round < 4; round++) {
      const ends = outcomes(appendNotes(writer, 2000));
      await sleep(20 * round);
      await stream.crash();
      await ends;
      stored = (await writer.identity()).lastSequence;
    }
    await Promise.all(readers.map((reader) => reader.sequence(stored)));
    for (const reader of readers) expect(reader.events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: stored }, (_, at) => at + 1));
    await log.close();
    await writer.close();
    expect(await stream.openHandles()).toBe(0);
  }, TIMEOUT_MS);

  it('ends when the connection is closed, and appends with it', async () => {
    const connection = await stream.connect();
    const log = await stream.open({ connection });
    const reader = await readFrom(log);
    await whileSilent(async () => {
      const appends = appendNotes(log, 1);
      await connection.close();
      expect(await outcomes(appends)).toEqual(['LogUnavailableError']);
    });
    expect(await reader.end()).toEqual(new LogUnavailableError('the connection to the log is closed'));
    await expect(log.append({ event: anEvent(aNote()) })).rejects.toThrow(LogUnavailableError);
    await expect(log.read(1)).rejects.toThrow(LogUnavailableError);
    await log.close();
  });

  it('says when it is not permitted', async () => {
    await stream.dispose();
    await server.stop();
    const configFile = join(dir, 'permissions.conf');
    await writeFile(configFile, 'authorization { users: [{ user: admin, password: admin }, { user: it, password: it, permissions: { subscribe: ["_INBOX.*.*"] } }] }\nno_auth_user: admin\n');
    server = await startNatsServer({ configFile });
    stream = await StreamUnderTest.make(server);
    const log = await stream.open({ connection: await stream.connect({ user: 'it', pass: 'it' }) });
    const reader = new RecordingReader();
    await log.subscribe(START, reader);
    expect(await reader.end()).toBeInstanceOf(LogConfigurationError);
  });
});

describe('close', () => {
  it('does not wait for a server that is gone', async () => {
    const log = await stream.open();
    await readFrom(log);
    await server.kill();
    await sleep(100);
    const startMs = performance.now();
    await log.close();
    expect(performance.now() - startMs).toBeLessThan(1000);
    await server.restart();
  }, TIMEOUT_MS);
});
