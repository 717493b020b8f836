import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { startNatsServer } from '../nats-server/index.ts';
import type { NatsServer } from '../nats-server/index.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SAMPLE = fileURLToPath(new URL('testing/sample-service.mjs', import.meta.url));

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly httpPort?: number;
}

/** The sample service in a process of its own. */
class Sample {
  readonly lines: Line[] = [];
  stderr = '';
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [SAMPLE], { env: { PATH: process.env['PATH'], IRQMESH_NATS_URL: nats.url, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface(this.child.stdout!).on('line', (line) => this.lines.push(JSON.parse(line)));
    this.child.stderr!.on('data', (data) => (this.stderr += String(data)));
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
    samples.push(this);
  }

  async line(msg: RegExp): Promise<Line> {
    await until(() => this.lines.some((line) => msg.test(line.msg)));
    return this.lines.find((line) => msg.test(line.msg))!;
  }
}

let nats: NatsServer;
let client: NatsConnection;
let samples: Sample[] = [];

jest.setTimeout(60_000);

beforeAll(async () => {
  for (const lib of ['domain', 'protocol', 'event-log', 'platform']) execFileSync(process.execPath, ['tools/build.mjs', '--only', `libs/${lib}`], { cwd: ROOT, stdio: 'inherit' });
  nats = await startNatsServer();
  client = await connect({ servers: nats.url });
});

afterEach(async () => {
  for (const { child, exited } of samples) {
    child.kill('SIGKILL');
    await exited;
  }
  samples = [];
});

afterAll(async () => {
  await client.close();
  await nats.stop();
});

async function startSample(env: Record<string, string> = {}): Promise<Sample> {
  const sample = new Sample(env);
  await sample.line(/^ready$/);
  return sample;
}

function ask(wish: string): Promise<unknown> {
  return client.request(`irqmesh.rpc.producer.result.${wish}`, '', { timeout: 5000 }).then((reply) => reply.json());
}

/** Calls without waiting for an answer. */
function tell(wish: string): void {
  client.publish(`irqmesh.rpc.producer.result.${wish}`, '', { reply: 'nobody' });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 20_000; !(await condition()); await sleep(20)) {
    if (performance.now() > endMs) throw new Error('waited for 20 s in vain');
  }
}

describe('runService', () => {
  it('logs that it is ready and where, answers calls, and warns about settings that do not exist', async () => {
    const sample = await startSample({ IRQMESH_INSTANCE: 'one', IRQMESH_SESION_TTL_MS: '1', IRQMESH_LEASE_TTL_MS: '9999999' });
    const { httpPort } = await sample.line(/^ready$/);
    expect((await fetch(`http://127.0.0.1:${httpPort}/readyz`)).status).toBe(200);
    expect(await ask('now')).toEqual({});
    expect(sample.lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).toEqual(['IRQMESH_SESION_TTL_MS is set, but no such setting exists']);
    expect(sample.lines[0]).toMatchObject({ service: 'sample', instance: 'one', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    const { connections } = (await (await fetch(`${nats.monitorUrl}/connz`)).json()) as { connections: { name?: string }[] };
    expect(connections.map(({ name }) => name)).toEqual(expect.arrayContaining(['sample/one/calls', 'sample/one/log']));
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('answers what is under way when it gets %s, then exits with 0', async (signal) => {
    const sample = await startSample();
    const answer = ask('slow');
    await sleep(100);
    sample.child.kill(signal);
    expect(await answer).toEqual({});
    expect(await sample.exited).toBe(0);
    expect(sample.lines.slice(-2).map(({ msg }) => msg)).toEqual(['stopping', 'stopped']);
  });

  it('exits at once on a second signal', async () => {
    const sample = await startSample();
    tell('hang');
    await sleep(100);
    sample.child.kill('SIGTERM');
    await sample.line(/^stopping$/);
    sample.child.kill('SIGTERM');
    expect(await sample.exited).toBe(143);
  });

  it('reports every wrong setting and exits with 78', async () => {
    const sample = new Sample({ IRQMESH_HTTP_PORT: 'abc', IRQMESH_SESSION_TTL_MS: '1' });
    expect(await sample.exited).toBe(78);
    expect(sample.stderr).toBe(
      'sample: IRQMESH_HTTP_PORT="abc": must be a whole number from 0 to 65535\nsample: IRQMESH_SESSION_TTL_MS="1": must be a whole number from 500 to 600000\n',
    );
  });

  it('says that there is no NATS server and exits with 69', async () => {
    const sample = new Sample({ IRQMESH_NATS_URL: 'nats://127.0.0.1:1', IRQMESH_NATS_WAIT_MS: '100' });
    expect(await sample.exited).toBe(69);
    expect(sample.lines.filter(({ level }) => level === 'fatal').map(({ msg }) => msg)).toEqual([
      'no NATS server answered at nats://127.0.0.1:1 within 100 ms (connect ECONNREFUSED 127.0.0.1:1); start one, or set IRQMESH_NATS_URL',
    ]);
    expect(sample.stderr).toBe('');
  });

  it('stops when told to while it waits for NATS', async () => {
    const sample = new Sample({ IRQMESH_NATS_URL: 'nats://127.0.0.1:1' });
    await sample.line(/waiting for it/);
    sample.child.kill('SIGTERM');
    expect(await sample.exited).toBe(0);
  });

  it('says that its port is taken and exits with 69', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const sample = new Sample({ IRQMESH_HTTP_PORT: String(port) });
    expect(await sample.exited).toBe(69);
    expect(sample.lines.at(-1)).toMatchObject({ level: 'fatal', msg: `listen EADDRINUSE: address already in use 127.0.0.1:${port}` });
    taken.close();
  });

  it('exits with 74 and one line when the log has lost data', async () => {
    const sample = await startSample();
    tell('lose-data');
    expect(await sample.exited).toBe(74);
    expect(sample.lines.at(-1)).toMatchObject({ level: 'fatal', msg: expect.stringMatching(/^the log ends at 3, 7 was read before; restore the log from a backup, or start with IRQMESH_ACCEPT_DATA_LOSS=true /) });
  });

  it('exits with 1 after an error that nobody caught, and logs it', async () => {
    const sample = await startSample();
    await ask('fault');
    expect(await sample.exited).toBe(1);
    expect(sample.lines.at(-1)).toMatchObject({ level: 'fatal', msg: 'uncaught error', err: { message: 'nobody caught me' } });
  });

  it('waits for NATS to come back, without dying', async () => {
    const sample = await startSample();
    const { httpPort } = await sample.line(/^ready$/);
    await nats.kill();
    await sample.line(/^lost the connection to NATS/);
    const down = await fetch(`http://127.0.0.1:${httpPort}/readyz`);
    expect(down.status).toBe(503);
    expect(await down.json()).toMatchObject({ checks: { nats: { ok: false, reason: 'no connection to NATS' } } });
    await nats.restart();
    await sample.line(/^connected to NATS again$/);
    await until(async () => (await fetch(`http://127.0.0.1:${httpPort}/readyz`)).status === 200);
  });

  it('ends after its parent was killed', async () => {
    const parent = spawn(
      process.execPath,
      ['-e', `const c = require('node:child_process').spawn(process.execPath, [${JSON.stringify(SAMPLE)}], { env: { ...process.env, IRQMESH_PARENT_PID: String(process.pid) }, stdio: 'inherit' }); console.error(c.pid); setInterval(() => {}, 1000)`],
      { env: { PATH: process.env['PATH'], IRQMESH_NATS_URL: nats.url }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stderr = '';
    parent.stderr.on('data', (data) => (stderr += String(data)));
    const lines: Line[] = [];
    createInterface(parent.stdout).on('line', (line) => lines.push(JSON.parse(line)));
    await until(() => lines.some(({ msg }) => msg === 'ready'));
    parent.kill('SIGKILL');
    await until(() => !isAlive(Number(stderr)));
    expect(lines.at(-1)!.msg).toBe('stopped');
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
