import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { encodeExportHeader, encodeExportLine, EventHeader, ExportLineError } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import { anEvent, aRegistration, aNote } from '../../test-support/events.ts';
import { fill, plain, recordsOf } from '../../test-support/records.ts';
import { StreamUnderTest } from '../../test-support/stream-under-test.ts';
import { InMemoryEventLog } from '../in-memory-event-log.ts';
import { LogConfigurationError } from '../port.ts';
import { ExportFile } from '../records/export-file.ts';
import { exportLog } from '../records/export-log.ts';
import { openFileSink } from '../records/export-sink.ts';
import { RecordRefusedError } from '../records/restorable.ts';
import type { RecordSource } from '../records/record-source.ts';
import { restoreLog, RestoreStoppedError } from './restore-log.ts';
import type { RestoreOptions } from './restore-log.ts';
import { newStreamConfig } from './stream-config.ts';

const TIMEOUT_MS = 90_000;

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

async function exported(source: RecordSource, name: string): Promise<string> {
  const path = join(folder, name);
  await exportLog({ source, sink: await openFileSink(path, false), irqmeshVersion: '0', onProgress: () => undefined, signal: new AbortController().signal });
  return path;
}

async function restore(source: RecordSource, options: Partial<RestoreOptions> = {}): Promise<number> {
  return restoreLog({ connection: await stream.connect(), source, replicas: 1, onChecked: () => undefined, onStored: () => undefined, signal: new AbortController().signal, ...options });
}

async function restoreFile(path: string): Promise<number> {
  return restore(await ExportFile.open(path));
}

/** A file of these records, from sequence `first` on. */
async function fileOf(records: readonly LogRecord[], first = 1): Promise<string> {
  const path = join(folder, `made-${Math.random()}.ndjson`);
  const header = encodeExportHeader({ partitions: 16, createdMs: 5, firstSequence: first, lastSequence: first + records.length - 1, irqmeshVersion: '0' });
  await writeFile(path, [header, ...records.map(encodeExportLine), ''].join('\n'));
  return path;
}

async function eventLines(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  return text.slice(text.indexOf('\n'));
}

/** Records whose sequences and references are moved by so much, as a log that began later holds them. */
async function lateRecords(by: number): Promise<LogRecord[]> {
  return (await fill(new InMemoryEventLog(), 3)).map((record) => {
    const last = Number(record.headers[EventHeader.expectedLastSequence] ?? 0);
    return { ...record, sequence: record.sequence + by, headers: last === 0 ? record.headers : { ...record.headers, [EventHeader.expectedLastSequence]: String(last + by) } };
  });
}

async function hasStream(): Promise<boolean> {
  return (await stream.manager.streams.names().next()).includes('IRQMESH');
}

describe('restoreLog', () => {
  it('brings back an exported log after the server was wiped: exported again, the events are the same bytes', async () => {
    const log = await stream.open({ partitions: 16 });
    await fill(log, 300);
    await stream.admin.request('irqmesh.evt.1.note.VG9rZW4', 'junk that no program reads'); // Not in its partition.
    await log.close();
    await stream.remove();
    const again = await stream.open();
    const expected = await fill(again, 300);
    const before = await exported(again, 'before.ndjson.gz');
    const plainBefore = await exported(again, 'before.ndjson');
    await again.close();

    await server.kill();
    await rm(join(folder, 'store'), { recursive: true });
    await server.restart();
    expect(await restoreFile(before)).toBe(900);

    const restored = await stream.open({ create: false, partitions: 16 });
    expect((await recordsOf(restored)).map(plain)).toEqual(expected.map(plain));
    expect(await eventLines(await exported(restored, 'after.ndjson'))).toBe(await eventLines(plainBefore));
    // It goes on as a log: the subjects' chains are there.
    const event = anEvent(aRegistration('producer'), { token: 'new' });
    expect(await restored.append({ event, expectedLastSequence: 0 })).toMatchObject({ kind: 'appended', sequence: 901 });
  }, TIMEOUT_MS);

  it('makes the stream as services do, and keeps a first sequence above 1', async () => {
    const records = await lateRecords(100);
    expect(await restoreFile(await fileOf(records, 101))).toBe(9);
    const log = await stream.open({ create: false, partitions: 16, replicas: 1 });
    expect(await log.identity()).toMatchObject({ firstSequence: 101, lastSequence: 109 });
    expect((await recordsOf(log)).map(plain)).toEqual(records.map(plain));
    const { config } = await stream.manager.streams.info('IRQMESH');
    expect(config.metadata).toMatchObject({ 'irqmesh.partitions': '16' });
    expect(config.metadata).not.toHaveProperty(['irqmesh.restoring']);
  });

  it('restores an empty log, and fills an empty stream that fits', async () => {
    expect(await restoreFile(await fileOf([]))).toBe(0);
    expect(await (await stream.open({ create: false })).identity()).toMatchObject({ firstSequence: 1, lastSequence: 0 });
    expect(await restoreFile(await fileOf(await fill(new InMemoryEventLog(), 3)))).toBe(9);
    expect(await (await stream.open({ create: false })).identity()).toMatchObject({ firstSequence: 1, lastSequence: 9 });
  });

  it('keeps what no program of this version can read', async () => {
    const [first] = await fill(new InMemoryEventLog(), 1);
    const foreign = { ...first!, headers: Object.fromEntries([['__proto__', 'kept'], ['ce-type', 'irqmesh.v9.Future'], ['empty', '']]), payload: Uint8Array.of(255, 0, 1) };
    await restoreFile(await fileOf([foreign]));
    expect((await recordsOf(await stream.open({ create: false }))).map(plain)).toEqual([plain(foreign)]);
  });
});

describe('what is refused', () => {
  async function refusal(path: string): Promise<unknown> {
    return restoreFile(path).then(() => undefined, (error: unknown) => error);
  }

  it('is a stream that holds events', async () => {
    const log = await stream.open();
    await Promise.all([1, 2, 3].map(() => log.append({ event: anEvent(aNote()) })));
    const error = await refusal(await fileOf(await lateRecords(0)));
    expect(error).toBeInstanceOf(LogConfigurationError);
    expect(String(error)).toContain('the stream IRQMESH holds 3 events; a log is only restored where there is none');
    expect((await log.identity()).lastSequence).toBe(3);
  });

  it('is an empty stream that is made otherwise', async () => {
    await stream.open({ partitions: 8 });
    const late = await fileOf(await lateRecords(100), 101);
    const error = await refusal(late);
    expect(error).toBeInstanceOf(LogConfigurationError);
    expect(String(error)).toContain('it has 8 partitions, must have 16; its first event will have sequence 1, must be 101');
    await stream.remove();
    await stream.manager.streams.add({ ...newStreamConfig({}), first_seq: 101 });
    expect(await restoreFile(late)).toBe(9);
  });

  it.each([
    ['a gap', (lines: string[]) => lines.toSpliced(5, 1), ExportLineError, 'event 5 is missing'],
    ['another order', (lines: string[]) => [...lines.slice(0, 5), lines[6]!, lines[5]!, ...lines.slice(7)], ExportLineError, 'it holds event 6, so event 5 is missing'],
    ['an end that is cut off', (lines: string[]) => lines.with(-1, lines.at(-1)!.slice(0, -20)), ExportLineError, 'line 10 cannot be read: it is not JSON'],
    ['too few lines', (lines: string[]) => lines.slice(0, -2), ExportLineError, 'event 8 is missing'],
    ['a changed event', (lines: string[]) => lines.with(9, lines[9]!.replace('request-2', 'request-3')), RecordRefusedError, 'event 9 cannot be restored: its checksum does not fit'],
    ['a changed header', (lines: string[]) => lines.with(9, lines[9]!.replace('"source":"test/1"', '"source":"test/2"')), RecordRefusedError, 'its checksum does not fit'],
    ['a line that is no event', (lines: string[]) => lines.with(9, '{}'), ExportLineError, 'line 10 cannot be read: its "specversion" is missing'],
  ])('is a file with %s, and nothing is written', async (_what, change, type, message) => {
    const whole = (await readFile(await fileOf(await lateRecords(0)), 'utf8')).trimEnd().split('\n');
    const changed = join(folder, 'changed.ndjson');
    const lines = change(whole);
    expect(lines).not.toEqual(whole);
    await writeFile(changed, `${lines.join('\n')}\n`);
    const error = await refusal(changed);
    expect(error).toBeInstanceOf(type);
    expect(String(error)).toContain(message);
    expect(await hasStream()).toBe(false);
  });

  it('is what whoever watches the check refuses', async () => {
    const source = await ExportFile.open(await fileOf(await lateRecords(0)));
    const seen: number[] = [];
    const onChecked = ({ sequence }: LogRecord): void => {
      seen.push(sequence);
      if (sequence === 9) throw new Error('not legal');
    };
    await expect(restore(source, { onChecked })).rejects.toThrow('not legal');
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await hasStream()).toBe(false);
  });
});

describe('a restore that stops midway', () => {
  /** The part that is there is taken for the log by nobody, and one may begin again when it is gone. */
  async function expectNobodyTakesIt(path: string): Promise<void> {
    await expect(stream.open()).rejects.toThrow(/the stream IRQMESH is not whole: it is being restored up to event \d+, and holds \d+ events/);
    await expect(restoreFile(path)).rejects.toThrow(LogConfigurationError);
    await stream.remove();
    expect(await restoreFile(path)).toBeGreaterThan(0);
    await stream.open({ create: false });
  }

  it('tells how far it came when the server is killed', async () => {
    const path = await fileOf(await fill(new InMemoryEventLog(), 1500));
    let killed: Promise<void> | undefined;
    const onStored = (sequence: number): void => {
      if (sequence === 1000) killed = server.kill();
    };
    const error: unknown = await restore(await ExportFile.open(path), { onStored }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RestoreStoppedError);
    const { lastStored, message } = error as RestoreStoppedError;
    expect(lastStored).toBeGreaterThanOrEqual(1000);
    expect(lastStored).toBeLessThan(4500);
    expect(message).toContain(`the restore stopped after event ${lastStored} of 4500`);
    expect(message).toContain('nats stream rm IRQMESH --force');
    await killed;
    await server.restart();
    await stream.connected();
    await expectNobodyTakesIt(path);
  }, TIMEOUT_MS);

  it('tells it when it is stopped', async () => {
    const stopping = new AbortController();
    const path = await fileOf(await fill(new InMemoryEventLog(), 1500));
    const onStored = (sequence: number): void => (sequence === 1000 ? stopping.abort(new Error('stopped by SIGINT')) : undefined);
    await expect(restore(await ExportFile.open(path), { onStored, signal: stopping.signal })).rejects.toThrow(/stopped after event \d+ of 4500: stopped by SIGINT/);
    await expectNobodyTakesIt(path);
  }, TIMEOUT_MS);

  it('tells when an event does not follow the one that its writer expected', async () => {
    const records = await lateRecords(0);
    const changed = { ...records[8]!, headers: { ...records[8]!.headers, [EventHeader.expectedLastSequence]: '3' } };
    await expect(restoreFile(await fileOf(records.with(8, changed)))).rejects.toThrow('stopped after event 8 of 9: event 9 does not follow the event of its subject that it names');
  });

  it('tells when an id stands there twice', async () => {
    const records = await fill(new InMemoryEventLog(), 2);
    // The second note as the first one's copy, under its own sequence.
    const twice = { ...records[1]!, sequence: 5 };
    await expect(restoreFile(await fileOf(records.with(4, twice)))).rejects.toThrow('event 5 has the id of event 2');
  });

  it('tells when something else writes to the stream', async () => {
    let intruded = false;
    const onStored = (): void => {
      if (!intruded) stream.admin.publish('irqmesh.evt.1.note.eA', 'intruder');
      intruded = true;
    };
    const source = await ExportFile.open(await fileOf(await fill(new InMemoryEventLog(), 1500)));
    await expect(restore(source, { onStored })).rejects.toThrow(/event \d+ was stored as \d+: something else writes to the stream/);
  }, TIMEOUT_MS);
});
