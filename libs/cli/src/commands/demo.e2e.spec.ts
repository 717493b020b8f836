import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Summary } from '../demo/summary.ts';
import { CliProcess } from '../testing/cli-process.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

jest.setTimeout(120_000);

let started: CliProcess[] = [];

beforeAll(() => {
  execFileSync(process.execPath, ['tools/build.mjs'], { cwd: ROOT, stdio: 'inherit' });
});

afterEach(async () => {
  await Promise.all(started.map((cli) => cli.dispose()));
  started = [];
});

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess {
  const cli = new CliProcess(args, env);
  started.push(cli);
  return cli;
}

/** The lines of `--json`. */
function records(cli: CliProcess): { readonly type: string; readonly sentence?: string; readonly text?: string }[] {
  return cli.stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string });
}

describe('irqmesh demo', () => {
  it('plays to the end, sums up what happened, and leaves no process behind, although the matcher is killed', async () => {
    const cli = run(['demo', '--json', '--seconds', '10']);
    await cli.says('"type":"outcome"');
    process.kill(cli.processes().find(({ command }) => command.includes('services/matcher/'))!.pid, 'SIGKILL');
    expect(await cli.exited).toBe(0);
    const lines = records(cli);
    const events = lines.filter(({ type }) => type === 'event');
    const count = (part: string): number => events.filter(({ text }) => text!.startsWith(part)).length;
    // The examples: 15 and 14 vectors. One is masked and unmasked, a VM with 6 shuts down, host-b with 14 dies and returns.
    expect(lines.at(-1) as unknown as Summary).toMatchObject({
      type: 'summary',
      ok: true,
      pairsConnected: 15 + 14 + 1 + 14,
      pairsStanding: 15 - 6 + 14,
      disconnected: { requested: 1 + 6, sessionExpired: 14, disowned: 0 },
      refused: [{ result: -16, count: 1 }],
      registerLatencyMs: { calls: 2 * 15 + 2 * 14 + 2 + 2 * 14 },
      events: events.length,
      restarts: [{ name: 'matcher', count: 1 }],
    });
    expect([count('connected'), count('disconnected')]).toEqual([44, 21]);
    expect(lines.filter(({ type }) => type === 'step')).toHaveLength(10);
    expect(cli.stderr).toBe('');
    expect(cli.processes()).toEqual([]);
    expect(existsSync(join(cli.cwd, '.irqmesh/current.json'))).toBe(false);
  });

  it('says that nothing can register where no host passes a device through', async () => {
    const cli = run(['demo', '--seconds', '10', '--host', 'idle=idle.txt', '--host', 'idle2=idle.txt']);
    writeFileSync(join(cli.cwd, 'idle.txt'), '           CPU0       CPU1\n  0:        111          0  IR-IO-APIC   2-edge      timer\n');
    expect(await cli.exited).toBe(0);
    expect(cli.stdout).toContain('idle: 0 vectors of 0 VMs');
    expect(cli.stdout).toContain('so nothing can register');
    expect(cli.stdout).toMatch(/pairs connected +0/);
    expect(cli.processes()).toEqual([]);
  });

  it.each([
    ['SIGINT', 130, 0],
    ['SIGTERM', 143, 1200],
    ['SIGHUP', 129, 2500],
  ] as const)('%s while it starts ends everything, with exit code %d', async (signal, code, afterMs) => {
    const cli = run(['demo']);
    await cli.says('starting NATS');
    await sleep(afterMs);
    cli.kill(signal);
    expect(await cli.exited).toBe(code);
    expect(cli.processes()).toEqual([]);
  });

  it('Ctrl-C in the middle ends everything; the run\'s folder stays', async () => {
    const cli = run(['demo', '--host', `only=${ROOT}examples/host-a`]);
    await cli.says('== 2/');
    expect(cli.stdout).toContain('--host names one host; the example host-a is the second one');
    expect(cli.processes().length).toBeGreaterThanOrEqual(7);
    cli.kill('SIGINT');
    expect(await cli.exited).toBe(130);
    expect(cli.processes()).toEqual([]);
    const [folder] = readdirSync(join(cli.cwd, '.irqmesh/demo'));
    expect(readdirSync(join(cli.cwd, '.irqmesh/demo', folder!, 'logs')).toSorted()).toEqual([
      'consumer-registry.log', 'host-a.log', 'matcher.log', 'only.log', 'producer-registry.log',
    ]);
  });

  it('leaves nothing behind when it is killed itself', async () => {
    const cli = run(['demo']);
    await cli.says('== 1/');
    cli.kill('SIGKILL');
    await cli.exited;
    expect(await cli.processesAfter(20_000)).toEqual([]);
  });

  it('shows the last words of a service that does not start', async () => {
    const cli = run(['demo'], { IRQMESH_STALL_AFTER_MS: '1' });
    expect(await cli.exited).toBe(1);
    expect(cli.stderr).toMatch(/^irqmesh: matcher ended with exit code 78 before it was ready; the end of .*matcher\.log:\n {2}matcher: IRQMESH_STALL_AFTER_MS="1": must be/);
    expect(cli.processes()).toEqual([]);
  });

  it.each([
    [['demo', '--nope'], 2, "error: unknown option '--nope'"],
    [['demo', '--seconds', '9'], 2, 'It must be a whole number from 10 to 3600.'],
    [['demo', '--host', 'a=/nowhere'], 1, 'irqmesh: --host a: -2 (ENOENT): /nowhere does not exist'],
    [['up', 'extra'], 2, 'error: too many arguments'],
  ])('%j ends with %d and says why', async (args, code, message) => {
    const cli = run(args);
    expect(await cli.exited).toBe(code);
    expect(cli.stderr).toContain(message);
    expect(cli.stderr.includes('--help')).toBe(code === 2);
  });

  it('says what to do without a nats-server', async () => {
    const cli = run(['demo'], { IRQMESH_NATS_SERVER: '/nowhere/nats-server' });
    expect(await cli.exited).toBe(69);
    expect(cli.stderr).toBe('irqmesh: IRQMESH_NATS_SERVER="/nowhere/nats-server" is not a program that can be run\n');
  });
});

describe('irqmesh up', () => {
  it('runs until Ctrl-C, is found by other commands, and keeps its folder to itself', async () => {
    const cli = run(['up', '--host', `a=${ROOT}examples/host-a`]);
    await cli.says('Ctrl-C stops everything.');
    const second = execute(cli.cwd, ['up']);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`irqmesh up runs in this folder already (pid ${cli.pid})`) });
    expect(execute(cli.cwd, ['list', '--json'])).toMatchObject({ code: 0 });
    cli.kill('SIGINT');
    expect(await cli.exited).toBe(130);
    expect(cli.processes()).toEqual([]);
    expect(existsSync(join(cli.cwd, '.irqmesh/current.json'))).toBe(false);
  });
});

/** Another command in the same folder. */
function execute(cwd: string, args: readonly string[]): { code: number; stderr: string } {
  try {
    const { IRQMESH_NATS_URL: _other, ...env } = process.env;
    execFileSync(process.execPath, [join(ROOT, 'libs/cli/bin/irqmesh.mjs'), ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    return { code: 0, stderr: '' };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { code: status, stderr: String(stderr) };
  }
}
