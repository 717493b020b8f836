import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Fleet } from './fleet.ts';
import { Stack } from './stack.ts';

const BIN = fileURLToPath(new URL('../../../libs/cli/bin/irqmesh.mjs', import.meta.url));
const SEED = Number(process.env['IRQMESH_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let stack: Stack;
let exported: string;
/** The export's lines: one about the log, then one for each event. */
let lines: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'irqmesh-verify-'));
  stack = await Stack.start({ instances: 2, settings: { IRQMESH_LEASE_TTL_MS: '1000' } });
  const fleet = await Fleet.connect(stack.nats.url, SEED);
  fleet.start(8);
  await sleep(500);
  // Whoever takes over goes on with what another began.
  for (const name of ['producer-registry', 'matcher'] as const) await stack.service(name).kill();
  await sleep(2_000);
  await fleet.close();
  exported = join(folder, 'log.ndjson');
  const { code, stderr } = await irqmesh('log', 'export', exported);
  if (code !== 0) throw new Error(`the log was not exported: ${stderr}`);
  lines = readFileSync(exported, 'utf8').trimEnd().split('\n');
}, 120_000);

afterAll(async () => {
  await stack?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

function irqmesh(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], IRQMESH_NATS_URL: stack.nats.url };
    execFile(process.execPath, [BIN, ...args], { cwd: folder, env, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** What is said of the export with other lines. */
async function verifyLines(changed: readonly string[], ...flags: readonly string[]): Promise<Ended> {
  const file = join(folder, 'changed.ndjson');
  writeFileSync(file, `${changed.join('\n')}\n`);
  return irqmesh('verify', file, ...flags);
}

describe('irqmesh verify', () => {
  test('finds nothing in a log that services wrote under load while some were killed', async () => {
    const { code, stdout, stderr } = await irqmesh('verify');
    expect({ seed: SEED, stdout, stderr, code }).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\nverify: ok, \d+ events, every one fits\n$/) });
    expect(stdout).toMatch(/PairConnected +[1-9]/);
    const live = JSON.parse((await irqmesh('verify', '--json')).stdout) as { ok: boolean; summary: { events: number } };
    expect(live).toMatchObject({ ok: true, findings: [], complete: true });
    expect(live.summary.events).toBeGreaterThanOrEqual(lines.length - 1);
  }, 60_000);

  test('finds nothing in its export, compressed too', async () => {
    expect(await irqmesh('verify', exported)).toMatchObject({ code: 0, stdout: expect.stringContaining(`verify: ok, ${lines.length - 1} events`) });
    const compressed = join(folder, 'log.ndjson.gz');
    expect(await irqmesh('log', 'export', compressed)).toMatchObject({ code: 0 });
    expect(await irqmesh('verify', compressed)).toMatchObject({ code: 0 });
  }, 60_000);

  test('names the event after one that was removed', async () => {
    const { code, stdout } = await verifyLines([...lines.slice(0, 8), ...lines.slice(9)]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^event 9 \([^)]+\) breaks order: it follows event 7:\s+event 8 is missing\n/);
    expect(stdout).toMatch(/\nverify: \d+ of \d+ events do not fit; the first is event 9 \([^)]+\): order\n$/);
  }, 60_000);

  test('names an event in which something was changed, and all with --all', async () => {
    const at = lines.findIndex((line) => line.includes('"irqmesh.v1.ProducerRegistered"'));
    const changed = lines[at]!.replace(/"deadlineMs":\d+/, '"deadlineMs":4711');
    expect(changed).not.toBe(lines[at]);
    const { code, stdout } = await verifyLines([...lines.slice(0, at), changed, ...lines.slice(at + 1)], '--all');
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^event ${at} \\(ProducerRegistered [^)]+\\) breaks\\s+checksum`));
    expect(stdout).toMatch(/events that do not fit +1\n/);
  }, 60_000);

  test('says when the file ends too early, or a line is none', async () => {
    expect(await verifyLines(lines.slice(0, -1))).toMatchObject({ code: 1, stdout: expect.stringContaining('breaks order: the log ends with event') });
    const broken = await verifyLines([...lines.slice(0, 5), 'x', ...lines.slice(6)], '--json');
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({ ok: false, complete: false, findings: [{ sequence: 5, invariant: 'readable', sentence: expect.stringContaining('line 6') }] });
  }, 60_000);

  test('tells what it cannot use', async () => {
    expect(await irqmesh('verify', 'nothing.ndjson')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('nothing.ndjson') });
    expect(await irqmesh('verify', BIN)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('line 1 cannot be read') });
    expect(await irqmesh('verify', '--nonsense')).toMatchObject({ code: 2 });
  }, 60_000);
});
