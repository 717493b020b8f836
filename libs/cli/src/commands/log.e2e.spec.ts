import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { callbackSet } from '@irqmesh/domain';
import { openJetStreamLog } from '@irqmesh/event-log';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';

const BIN = fileURLToPath(new URL('../../bin/irqmesh.mjs', import.meta.url));
const EVENTS = 8000;

let nats: NatsServer;
let admin: NatsConnection;
let folder: string;

jest.setTimeout(90_000);

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

beforeAll(async () => {
  nats = await startNatsServer();
  admin = await connect({ servers: nats.url });
  const log = await openJetStreamLog({ connection: admin, create: true });
  for (let first = 0; first < EVENTS; first += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, at) => {
      const id = `r-${first + at}`;
      const participant = { host: 'host-a', session: 's1', id };
      const body = { type: 'ConsumerRegistered' as const, participant, callbacks: callbackSet('consumer', ['add_producer', 'del_producer']), deadlineMs: 5000, requestId: id };
      return log.append({ event: { id, token: `token/${id}`, timeMs: 1_760_000_000_123, source: 'test', body }, expectedLastSequence: 0 });
    }));
  }
  await log.close();
});

afterAll(async () => {
  await admin.close();
  await nats.stop();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irqmesh-cli-'));
});

afterEach(() => rm(folder, { recursive: true }));

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], TMPDIR: folder, IRQMESH_NATS_URL: nats.url };
}

function irqmesh(...args: readonly string[]): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: folder, env: environment(), maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function removeStream(): Promise<void> {
  await (await jetstreamManager(admin)).streams.delete('IRQMESH');
}

/** One that is stopped by Ctrl-C as soon as there is a file in the folder by such a name. */
async function interrupted(name: RegExp, ...args: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, env: environment(), stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data) => (stderr += String(data)));
  const closed = once(child, 'close');
  while (!(await readdir(folder)).some((file) => name.test(file))) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGINT');
  const [code] = (await closed) as [number];
  return { code, stdout: '', stderr };
}

describe('irqmesh log', () => {
  test('explains itself', async () => {
    for (const [args, words] of [[['log'], 'log export backup.ndjson.gz'], [['log', 'export'], '--force'], [['log', 'import'], 'IRQMESH_ACCEPT_DATA_LOSS=true']] as const) {
      const { code, stdout } = await irqmesh(...args, '--help');
      expect({ code, says: stdout.includes(words) }).toEqual({ code: 0, says: true });
    }
    expect((await irqmesh('log', 'export')).code).toBe(2);
    expect((await irqmesh('log', 'import', 'x', '--replicas', '2')).code).toBe(2);
  });

  test('exports to a file and to the standard output, and leaves a file that is there alone', async () => {
    const exported = await irqmesh('log', 'export', 'log.ndjson');
    expect(exported).toMatchObject({ code: 0, stdout: '' });
    const content = await readFile(join(folder, 'log.ndjson'), 'utf8');
    expect(exported.stderr).toMatch(new RegExp(`^irqmesh: exported ${EVENTS} events in [0-9.]+ s \\([0-9]+ events/s\\), ${content.length} bytes$`, 'm'));
    expect(content.trimEnd().split('\n')).toHaveLength(EVENTS + 1);
    expect((await irqmesh('log', 'export', '-')).stdout).toBe(content);

    await writeFile(join(folder, 'log.ndjson'), 'mine');
    expect(await irqmesh('log', 'export', 'log.ndjson')).toEqual({ code: 1, stdout: '', stderr: 'irqmesh: log.ndjson exists already; --force replaces it\n' });
    expect(await readFile(join(folder, 'log.ndjson'), 'utf8')).toBe('mine');
    expect((await irqmesh('log', 'export', 'log.ndjson', '--force')).code).toBe(0);
    expect(await readFile(join(folder, 'log.ndjson'), 'utf8')).toBe(content);
  });

  test('ends in peace when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [BIN, 'log', 'export', '-'], { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (data) => (stderr += String(data)));
    child.stdout.once('data', () => child.stdout.destroy());
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(stderr).toBe('');
  });

  test('leaves nothing of an export that Ctrl-C ends', async () => {
    const { code, stderr } = await interrupted(/part$/, 'log', 'export', 'log.ndjson.gz');
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'irqmesh: interrupted; no file was written\n' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('leaves nothing of an import that Ctrl-C ends while it reads its input', async () => {
    const { code, stderr } = await interrupted(/^irqmesh-import/, 'log', 'import', '-');
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'irqmesh: interrupted; nothing was written\n' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('refuses what it cannot import, and says why', async () => {
    await irqmesh('log', 'export', 'log.ndjson');
    const full = await irqmesh('log', 'import', 'log.ndjson');
    expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining(`the stream IRQMESH holds ${EVENTS} events`) });
    await writeFile(join(folder, 'other.xml'), '<domain/>');
    expect(await irqmesh('log', 'import', 'other.xml')).toMatchObject({ code: 1, stderr: 'irqmesh: other.xml: line 1 cannot be read: it is XML, not an export of the log\n' });
    expect(await irqmesh('log', 'import', 'nothing')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing: ENOENT') });
    expect(await irqmesh('log', 'export', 'no/such/folder')).toMatchObject({ code: 1, stderr: expect.stringContaining('no/such/folder: ENOENT') });
  });

  test('imports from its standard input what it exported, and tells how to go on', async () => {
    await irqmesh('log', 'export', 'before.ndjson');
    await removeStream();
    const child = spawn(process.execPath, [BIN, 'log', 'import', '-'], { cwd: folder, env: environment(), stdio: ['pipe', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (data) => (stderr += String(data)));
    createReadStream(join(folder, 'before.ndjson')).pipe(child.stdin);
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(stderr).toContain(`imported ${EVENTS} events`);
    expect(stderr).toContain('IRQMESH_ACCEPT_DATA_LOSS=true');
    await irqmesh('log', 'export', 'after.ndjson');
    const [before, after] = await Promise.all(['before.ndjson', 'after.ndjson'].map((name) => readFile(join(folder, name), 'utf8')));
    expect(after!.slice(after!.indexOf('\n'))).toBe(before!.slice(before!.indexOf('\n')));
    expect((await readdir(folder)).sort()).toEqual(['after.ndjson', 'before.ndjson']);
  });

  test('says when NATS is not there', async () => {
    const env = { ...environment(), IRQMESH_NATS_URL: 'nats://127.0.0.1:1' };
    const [code, stderr] = await new Promise<[number, string]>((resolve) => {
      execFile(process.execPath, [BIN, 'log', 'export', 'log.ndjson'], { cwd: folder, env }, (error, _stdout, text) => resolve([Number(error?.code ?? 0), text]));
    });
    expect(code).toBe(69);
    expect(stderr).toContain('127.0.0.1:1');
    expect(existsSync(join(folder, 'log.ndjson'))).toBe(false);
  });
});
