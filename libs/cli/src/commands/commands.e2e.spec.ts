import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const BIN = join(ROOT, 'libs/cli/bin/irqmesh.mjs');
const TOKEN = 'host-a/boot-1/eventfd-33';

let nats: NatsServer;
/** Where commands run: a folder in which no `irqmesh up` does. */
let dir: string;
const services = new Map<string, ChildProcess>();
let commands: Command[] = [];

jest.setTimeout(60_000);

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function environment(url: string = nats.url): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], IRQMESH_NATS_URL: url, IRQMESH_SESSION_TTL_MS: '4000', IRQMESH_LEASE_TTL_MS: '1000' };
}

/** Runs a command to its end. */
function irqmesh(args: readonly string[], url?: string): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: dir, env: environment(url), timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** A command that runs until it is stopped. */
class Command {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  private readonly closed: Promise<number | null>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [BIN, ...args], { cwd: dir, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (data) => (this.stdout += String(data)));
    this.child.stderr!.on('data', (data) => (this.stderr += String(data)));
    this.closed = once(this.child, 'close').then(([code]) => code as number | null);
    commands.push(this);
  }

  async shows(text: string): Promise<void> {
    await until(() => `${this.stdout}${this.stderr}`.includes(text), () => `no "${text}" in:\n${this.stdout}${this.stderr}`);
  }

  interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.child.kill(signal);
    return this.closed;
  }
}

async function until(condition: () => boolean | Promise<boolean>, complaint: () => string): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(complaint());
    await sleep(50);
  }
}

function startService(name: string): void {
  const env = { ...environment(), IRQMESH_STATE_DIR: join(dir, name) };
  services.set(name, spawn(process.execPath, [join(ROOT, 'services', name, 'dist/main.js')], { env, stdio: 'ignore' }));
}

async function stopService(name: string): Promise<void> {
  const child = services.get(name)!;
  services.delete(name);
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** The parts of a line that no clock or counter changes. */
function withoutTimes(text: string): string[] {
  return text.trim().split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, '').replaceAll(/\([\d.]+ [mµ]?s\)/g, '(TIME)').replace(/session \w{22}/, 'session S'));
}

beforeAll(async () => {
  execFileSync(process.execPath, ['tools/build.mjs'], { cwd: ROOT, stdio: 'inherit' });
  dir = await mkdtemp(join(tmpdir(), 'irqmesh-cli-'));
  nats = await startNatsServer();
  for (const name of ['producer-registry', 'consumer-registry', 'matcher']) startService(name);
  await until(async () => (await irqmesh(['doctor'])).code === 0, () => 'the services do not become ready');
});

afterEach(async () => {
  await Promise.all(commands.map((command) => command.interrupt('SIGKILL')));
  commands = [];
});

afterAll(async () => {
  for (const name of [...services.keys()]) await stopService(name);
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('irqmesh', () => {
  test('a wrong command line ends with 2 and says what would be right', async () => {
    const results = await Promise.all([['list', 'foo'], ['watch', '--type', 'bogus'], ['register', 'producer'], ['explain'], ['doctor', '--nope']].map((args) => irqmesh(args)));
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
    expect(results[0]!.stderr).toContain('producers, consumers, pairs');
    expect(results[1]!.stderr).toContain('registered, unregistered, connected');
  });

  test('without a server each command says so in a line and ends with 69', async () => {
    const nowhere = 'nats://127.0.0.1:1';
    const results = await Promise.all([['list'], ['watch'], ['doctor'], ['doctor', '--json'], ['explain', 't'], ['register', 'producer', '--token', 't']].map((args) => irqmesh(args, nowhere)));
    for (const { code, stdout, stderr } of results) {
      expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 69, stdout: '', lines: 1 });
      expect(stderr).toContain(nowhere);
    }
    expect(await irqmesh(['list'], 'nonsense')).toMatchObject({ code: 2, stderr: expect.stringContaining('IRQMESH_NATS_URL') });
  });

  test('register, watch, list and explain tell the same story', async () => {
    const watch = new Command(['watch']);
    await watch.shows('watching from event');
    const consumer = new Command(['register', 'consumer', '--token', TOKEN, '--host', 'host-b', '--id', 'irqfd-33']);
    await consumer.shows('registered consumer host-b/irqfd-33: waiting for a producer');
    const producer = new Command(['register', 'producer', '--token', TOKEN, '--host', 'host-a', '--id', 'vector-3', '--irq', '56']);
    await producer.shows('registered producer host-a/vector-3: connected with host-b/irqfd-33');

    const list = await irqmesh(['list']);
    expect(list.stdout).toBe(
      `TOKEN                     PRODUCER  IRQ  CONSUMER         STATE\n${TOKEN}  vector-3   56  host-b/irqfd-33  connected\n\n1 token: 1 connected\n`,
    );
    const consumers = JSON.parse((await irqmesh(['list', 'consumers', '--host', 'host-b', '--json'])).stdout) as unknown[];
    expect(consumers).toEqual([expect.objectContaining({ token: TOKEN, state: 'connected', peer: expect.objectContaining({ id: 'vector-3' }) })]);
    expect((await irqmesh(['list', 'producers', '--token-prefix', 'other/'])).stdout).toBe('no producer is registered\n');
    const explained = JSON.parse((await irqmesh(['explain', TOKEN, '--json'])).stdout) as { connected: boolean; events: unknown[] };
    expect(explained).toMatchObject({ connected: true, matcherAnswered: true });
    expect(explained.events).toHaveLength(3);

    const refused = await irqmesh(['register', 'producer', '--token', TOKEN, '--host', 'host-a', '--id', 'vector-4']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('-16 (EBUSY): ') });
    // The note of a refusal waits for repeats.
    await watch.shows('#4 refused');
    expect(await producer.interrupt()).toBe(0);
    expect(withoutTimes(producer.stdout)).toEqual([
      'session S of host host-a is open', 'stop()', 'add_consumer(host-b/irqfd-33) = 0', 'start()', 'registered producer host-a/vector-3: connected with host-b/irqfd-33',
      'unregistering', 'stop()', 'del_consumer(host-b/irqfd-33)', 'start()', 'unregistered',
    ]);
    const failing = await irqmesh(['register', 'producer', '--token', TOKEN, '--host', 'host-a', '--id', 'vector-5', '--result', '66311']);
    expect(failing).toMatchObject({ code: 1, stdout: expect.stringContaining('add_consumer(host-b/irqfd-33) = 66311'), stderr: expect.stringContaining('66311') });
    expect(await consumer.interrupt('SIGTERM')).toBe(0);

    await watch.shows('#9 unregistered');
    expect(await watch.interrupt()).toBe(130);
    const quiesced = 'P.stop, C.stop, add_consumer 0 (TIME), add_producer 0 (TIME), C.start, P.start';
    // Quiescing is told with its time where it took long, which a busy machine may make it.
    const told = withoutTimes(watch.stdout).map((line) => line.replaceAll(/([PC]\.(?:stop|start)) 0 \(TIME\)/g, '$1'));
    expect(told).toEqual([
      `#1 registered   ${TOKEN} consumer host-b/irqfd-33`,
      `#2 registered   ${TOKEN} producer vector-3 irq 56`,
      `#3 connected    ${TOKEN} #2+#1: ${quiesced}`,
      `#4 refused      ${TOKEN} producer vector-4: -16 (EBUSY), held by #2`,
      `#5 unregistered ${TOKEN} producer vector-3 (#2)`,
      `#6 disconnected ${TOKEN} #2+#1: P.stop, C.stop, del_producer 0 (TIME), del_consumer 0 (TIME), C.start, P.start`,
      `#7 registered   ${TOKEN} producer vector-5 irq 0`,
      `#8 failed       ${TOKEN} #7+#1: producer refused with 66311: P.stop, C.stop, add_consumer 66311 (TIME), C.start, P.start`,
      `#9 unregistered ${TOKEN} consumer host-b/irqfd-33 (#1)`,
    ]);
  });

  test('watch begins where it is told, picks types, and prints JSON', async () => {
    const watch = new Command(['watch', '--from', '2', '--type', 'connected,refused', '--json']);
    await watch.shows('RegistrationRefused');
    expect(await watch.interrupt()).toBe(130);
    const events = watch.stdout.trim().split('\n').map((line) => JSON.parse(line) as { sequence: number; void: boolean });
    expect(events.map(({ sequence, void: isVoid }) => [sequence, isVoid])).toEqual([[3, false], [4, false]]);
    expect(await irqmesh(['watch', '--from', '999'])).toMatchObject({ code: 1, stderr: expect.stringContaining('behind its end') });
  });

  test('doctor finds a server that syncs lazily, and a matcher that is gone; explain then reads the log itself', async () => {
    const healthy = JSON.parse((await irqmesh(['doctor', '--json', '--monitor', nats.monitorUrl])).stdout) as { ok: boolean; checks: { name: string; status: string }[] };
    expect(healthy.ok).toBe(true);
    expect(healthy.checks.filter(({ status }) => status !== 'ok').map(({ name }) => name)).toEqual(['disk sync']);
    await stopService('matcher');
    const ill = await irqmesh(['doctor']);
    expect(ill.code).toBe(1);
    expect(ill.stdout).toMatch(/fail {2}matcher +none answers/);
    const explained = await irqmesh(['explain', TOKEN]);
    expect(explained).toMatchObject({ code: 0, stderr: expect.stringContaining('no matcher answers for partition') });
    expect(explained.stdout).toContain(`Nothing is registered with token "${TOKEN}" now`);
    startService('matcher');
    await until(async () => (await irqmesh(['doctor'])).code === 0, () => 'the matcher does not come back');
  });

  test('inventory reads the examples; a missing file is one line', async () => {
    const shown = await irqmesh(['inventory', 'show', join(ROOT, 'examples/host-a'), '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ host: { name: 'host-a' }, warnings: [] });
    expect(await irqmesh(['inventory', 'show', '/nowhere'])).toEqual({ code: 1, stdout: '', stderr: 'irqmesh: -2 (ENOENT): /nowhere does not exist\n' });
    const scanned = JSON.parse((await irqmesh(['inventory', 'scan', '--json'])).stdout) as { host: { cpus: number[] } };
    expect(scanned.host.cpus.length).toBeGreaterThan(0);
  });
});
