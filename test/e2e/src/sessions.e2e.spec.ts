import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connect as connectSdk } from '@irqmesh/client';
import type { IrqMeshClient } from '@irqmesh/client';
import type { LogEvent } from '@irqmesh/domain';
import { openJetStreamLog } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { Stack } from './stack.ts';

const AGENT = fileURLToPath(new URL('../dist/scripted-agent.js', import.meta.url));
const SESSION_TTL_MS = 3_000;
/** A key that ran out is told of within a second, then the disconnects follow. */
const EXPIRY_TIMEOUT_MS = SESSION_TTL_MS + 10_000;

let stack: Stack;
let nats: NatsConnection;
let log: EventLog;
let producers: IrqMeshClient;
let agent: ChildProcess | undefined;
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  stack = await Stack.start({ settings: { IRQMESH_SESSION_TTL_MS: String(SESSION_TTL_MS) } });
  nats = await connect({ servers: stack.nats.url });
  log = await openJetStreamLog({ connection: nats, create: false });
  producers = await connectSdk({ servers: stack.nats.url, host: 'host-a', log: { warn: () => {} } });
}, 90_000);

afterAll(async () => {
  await producers.close();
  await log.close();
  await nats.close();
  await stack.close();
}, 60_000);

afterEach(() => {
  agent?.kill('SIGKILL');
  agent = undefined;
});

async function until(what: string, timeoutMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadlineMs = Date.now() + timeoutMs; !(await holds()); await sleep(50)) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}; the agent told ${JSON.stringify(lines)}`);
  }
}

/** Starts an agent on host-b that holds a consumer for each token, and connects a producer of host-a to each. */
async function connectPairs(tokens: readonly string[]): Promise<void> {
  lines = [];
  agent = spawn(process.execPath, [AGENT, stack.nats.url, 'host-b', ...tokens], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: agent.stdout! }).on('line', (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  await until('the agent has registered', 20_000, () => lines.some((line) => line['registered'] === tokens.length));
  for (const [index, token] of tokens.entries()) await producers.registerProducer({ id: `producer/${token}`, token, irq: index });
}

async function lastEvent(token: string): Promise<LogEvent> {
  return (await log.readToken(token, { fromSequence: 1, limit: 1_000 })).at(-1)!;
}

async function types(token: string): Promise<string[]> {
  return (await log.readToken(token, { fromSequence: 1, limit: 1_000 })).map(({ body }) => ('reason' in body ? `${body.type} ${body.reason}` : body.type));
}

function callbacksOf(token: string): unknown[] {
  return lines.flatMap((line) => (line['token'] === token ? [line['callback']] : []));
}

describe('an agent that is gone', () => {
  test('killed: its registrations end as session_expired, its pairs disconnect, the other side stays and matches again', async () => {
    const tokens = ['killed-1', 'killed-2'];
    await connectPairs(tokens);
    agent!.kill('SIGKILL');
    for (const token of tokens) {
      await until(`${token} is disconnected`, EXPIRY_TIMEOUT_MS, async () => (await lastEvent(token)).body.type === 'PairDisconnected');
      expect(await types(token)).toEqual(['ConsumerRegistered', 'ProducerRegistered', 'PairConnected', 'ConsumerUnregistered session_expired', 'PairDisconnected']);
      const { body } = await lastEvent(token);
      expect(body.type === 'PairDisconnected' && body.runs.every(({ side, skipped }) => (side === 'consumer') === skipped)).toBe(true);
    }
    const again = await producers.registerConsumer({ token: tokens[0]!, addProducer: () => {}, delProducer: () => {} });
    expect((await lastEvent(tokens[0]!)).body.type).toBe('PairConnected');
    await again.unregister();
  }, 60_000);

  test('stalled past its lease: it tears down first when it wakes, opens a session that replaces the old one, and registers again', async () => {
    const token = 'stalled';
    await connectPairs([token]);
    expect(callbacksOf(token)).toEqual(['stop', 'addProducer', 'start']);
    agent!.kill('SIGSTOP');
    await until('the pair is disconnected without it', EXPIRY_TIMEOUT_MS, async () => (await lastEvent(token)).body.type === 'PairDisconnected');
    agent!.kill('SIGCONT');
    await until('it has registered again', 20_000, () => lines.some((line) => line['restored'] === token));
    await until('the pair is connected again', 10_000, async () => (await lastEvent(token)).body.type === 'PairConnected');
    expect(callbacksOf(token)).toEqual(['stop', 'addProducer', 'start', 'stop', 'delProducer', 'start', 'stop', 'addProducer', 'start']);
    expect(lines.filter((line) => 'sessionOpened' in line).at(-1)).toEqual({ sessionOpened: true, replaces: true });
  }, 90_000);
});
