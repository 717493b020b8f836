import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Fold } from '@irqmesh/domain';
import type { FoldSnapshot, LogEvent } from '@irqmesh/domain';
import { openJetStreamLog } from '@irqmesh/event-log';
import { decodeRecord } from '@irqmesh/protocol';
import { connect } from '@nats-io/transport-node';
import { Fleet } from './fleet.ts';
import { Stack } from './stack.ts';

const CLI = fileURLToPath(new URL('../../../libs/cli/bin/irqmesh.mjs', import.meta.url));
const SEED = Number(process.env['IRQMESH_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const SETTINGS = { IRQMESH_SESSION_TTL_MS: '5000', IRQMESH_LEASE_TTL_MS: '2000' };
/** Enough that some of them stay registered, some leave on one side, and some on both. */
const PAIRS = 32;
const SETTLE_TIMEOUT_MS = 60_000;
const TEST_TIMEOUT_MS = 300_000;

let stack: Stack;
let fleet: Fleet;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'irqmesh-backup-'));
  stack = await Stack.start({ settings: SETTINGS });
  fleet = await Fleet.connect(stack.nats.url, SEED);
  fleet.start(4);
  while (fleet.pairs.length < PAIRS && fleet.failures.length === 0) await sleep(50);
  await fleet.stop();
}, 90_000);

afterEach(async () => {
  await fleet.close();
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Runs the command to its end, as an operator would. */
async function irqmesh(...args: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  const env = { PATH: process.env['PATH'], IRQMESH_NATS_URL: stack.nats.url };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: folder, env }, (error, _stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stderr }));
  });
}

/** The events of the log, up to one or to its end. */
async function eventsOf(until?: number): Promise<LogEvent[]> {
  const connection = await connect({ servers: stack.nats.url });
  const log = await openJetStreamLog({ connection, create: false });
  try {
    const events: LogEvent[] = [];
    for await (const record of log.records(1, until ?? (await log.identity()).lastSequence)) events.push(decodeRecord(record));
    return events;
  } finally {
    await log.close();
    await connection.close();
  }
}

function folded(events: readonly LogEvent[]): FoldSnapshot {
  const fold = new Fold();
  for (const event of events) fold.apply(event);
  return fold.snapshot();
}

/** The sequences of the registrations that stand at the end of these events. */
function registered({ tokens }: FoldSnapshot): number[] {
  return tokens.flatMap(({ producer, consumer }) => [producer, consumer].flatMap((registration) => (registration === undefined ? [] : [registration.sequence]))).sort((a, b) => a - b);
}

/** Exports, loses everything that NATS stored, imports; the services are stopped then. */
async function loseAndRestore(): Promise<readonly LogEvent[]> {
  await stack.stopServices();
  const before = await eventsOf();
  expect(await irqmesh('log', 'export', 'backup.ndjson.gz')).toMatchObject({ code: 0, stderr: expect.stringContaining(`exported ${before.length} events`) });
  await stack.wipeNats();
  const imported = await irqmesh('log', 'import', 'backup.ndjson.gz');
  expect(imported).toMatchObject({ code: 0, stderr: expect.stringContaining(`imported ${before.length} events`) });
  expect(imported.stderr).toContain('IRQMESH_ACCEPT_DATA_LOSS=true');
  const after = await eventsOf();
  expect(after).toEqual(before);
  expect(folded(after)).toEqual(folded(before));
  expect(registered(folded(before)).length).toBeGreaterThan(PAIRS / 4);
  return before;
}

/**
 * The services must know what the log held: the agents' sessions went with the server, so each registration of then is
 * expired by name, and nothing else. The agents open new sessions by themselves and register again.
 */
async function expectServicesWentOn(before: readonly LogEvent[]): Promise<void> {
  const repeat = `IRQMESH_TEST_SEED=${SEED} repeats the load`;
  let differences = ['not asked yet'];
  for (const deadlineMs = Date.now() + SETTLE_TIMEOUT_MS; differences.length > 0 && Date.now() < deadlineMs; await sleep(500)) {
    differences = await fleet.differences().catch((error: Error) => [error.message]);
  }
  expect({ repeat, differences }).toEqual({ repeat, differences: [] });
  const events = await eventsOf();
  expect(events.slice(0, before.length)).toEqual(before);
  const ended = events.slice(before.length).flatMap(({ body }) => ('reason' in body && body.registrationSequence <= before.length ? [body] : []));
  expect(ended.map(({ registrationSequence }) => registrationSequence).sort((a, b) => a - b)).toEqual(registered(folded(before)));
  expect(new Set(ended.map(({ reason }) => reason))).toEqual(new Set(['session_expired']));
}

describe('a log that was exported, lost with its server, and imported', () => {
  test('is what it was: services without read models fold it and go on', async () => {
    const before = await loseAndRestore();
    for (const service of stack.services) service.removeState();
    await Promise.all(stack.services.map((service) => service.start()));
    await expectServicesWentOn(before);
  }, TEST_TIMEOUT_MS);

  test('is not taken for the one before by a service with a read model, unless it is told to', async () => {
    const before = await loseAndRestore();
    await expect(stack.service('matcher').start()).rejects.toThrow(/before it was ready.*the log has lost data/s);
    await Promise.all(stack.services.map((service) => service.start({ IRQMESH_ACCEPT_DATA_LOSS: 'true' })));
    await expectServicesWentOn(before);
    await stack.stopServices();
    await Promise.all(stack.services.map((service) => service.start()));
  }, TEST_TIMEOUT_MS);
});
