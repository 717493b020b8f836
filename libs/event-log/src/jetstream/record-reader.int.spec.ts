import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import type { LogRecord } from '@irqmesh/protocol';
import { headers as makeHeaders } from '@nats-io/nats-core';
import { plain, fill, recordsOf } from '../../test-support/records.ts';
import { StreamUnderTest } from '../../test-support/stream-under-test.ts';
import { LogLostDataError, LogUnavailableError } from '../port.ts';
import { RecordReader } from './record-reader.ts';
import { newStreamConfig } from './stream-config.ts';
import { StoredEvents } from './stored-events.ts';

const TIMEOUT_MS = 60_000;

let folder: string;
let server: NatsServer;
let stream: StreamUnderTest;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irqmesh-test-'));
  server = await startNatsServer({ storeDir: join(folder, 'store') });
  stream = await StreamUnderTest.make(server);
});

afterEach(async () => {
  await stream.dispose();
  await server.stop();
  await rm(folder, { recursive: true });
}, TIMEOUT_MS);

describe('records of a stream', () => {
  it('are given whatever they hold', async () => {
    const log = await stream.open();
    const headers = makeHeaders();
    headers.set('__proto__', 'a header');
    headers.set('empty', '');
    await stream.admin.request('irqmesh.evt.1.note.eA', '');
    await stream.admin.request('irqmesh.evt.1.note.eA', Uint8Array.of(0, 255), { headers, timeout: 5000 });
    expect((await recordsOf(log)).map(plain)).toEqual([
      { sequence: 1, subject: 'irqmesh.evt.1.note.eA', headers: {}, payload: '' },
      plain({ sequence: 2, subject: 'irqmesh.evt.1.note.eA', headers: Object.fromEntries([['__proto__', 'a header'], ['empty', '']]), payload: Uint8Array.of(0, 255) }),
    ]);
    headers.append('empty', 'twice');
    await stream.admin.request('irqmesh.evt.1.note.eA', '', { headers, timeout: 5000 });
    await expect(recordsOf(log)).rejects.toThrow('event 3 of the log has the header empty 2 times');
  });

  it('come one after the other to a reader that is slow', async () => {
    const log = await stream.open();
    await fill(log, 5000);
    let next = 1;
    for await (const { sequence } of log.records(1, 15_000)) {
      expect(sequence).toBe(next++);
      // All that the server sends without an answer has come by then.
      if (sequence === 10 || sequence === 9000) await sleep(1500);
    }
    expect(next).toBe(15_001);
    await log.close();
    expect(await stream.openHandles()).toBe(0);
  }, TIMEOUT_MS);

  it('go on after the server was killed', async () => {
    const log = await stream.open();
    await fill(log, 4000);
    let next = 1;
    for await (const { sequence } of log.records(1, 12_000)) {
      expect(sequence).toBe(next++);
      if (sequence === 100) await stream.crash();
    }
    expect(next).toBe(12_001);
  }, TIMEOUT_MS);

  it('end with the log and with the connection', async () => {
    const connection = await stream.connect();
    for (const end of [async (log: { close(): Promise<void> }) => log.close(), async () => connection.close()]) {
      const log = await stream.open({ connection });
      const lastSequence = (await fill(log, 4000)).at(-1)!.sequence;
      const reading = (async () => {
        for await (const { sequence } of log.records(1, lastSequence)) if (sequence === 5) await end(log);
      })();
      await expect(reading).rejects.toThrow(LogUnavailableError);
    }
  }, TIMEOUT_MS);

  it('name the one that is missing, and give those before it', async () => {
    await stream.manager.streams.add({ ...newStreamConfig({}), deny_delete: false });
    for (let count = 0; count < 5; count++) await stream.admin.request('irqmesh.evt.1.note.eA', 'x');
    await stream.manager.streams.deleteMessage('IRQMESH', 4);
    const connection = await stream.connect();
    const stored = new StoredEvents(connection, stream.manager, 16);
    const given: LogRecord[] = [];
    const reading = (async () => {
      for await (const record of new RecordReader({ connection, manager: stream.manager, stored }).read(1, 5, await stored.identity())) given.push(record);
    })();
    await expect(reading).rejects.toThrow(new LogLostDataError('the log has lost data: event 4 is missing, 5 comes after 3'));
    expect(given.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it('are not taken from another stream that takes its place', async () => {
    const log = await stream.open();
    await fill(log, 4000);
    const reading = (async () => {
      for await (const { sequence } of log.records(1, 12_000)) {
        if (sequence !== 5) continue;
        await stream.remove();
        await fill(await stream.open(), 4000);
      }
    })();
    await expect(reading).rejects.toThrow(LogLostDataError);
  }, TIMEOUT_MS);
});
