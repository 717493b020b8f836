import { beforeEach, expect, test } from '@jest/globals';
import { Errno } from '@irqmesh/domain';
import type { Callback } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import type { InvokeOutcomeMessage } from '@irqmesh/protocol';
import { CallLog, DEADLINE_MS, holding, PATIENCE_MS, rollback, steps } from '../../test-support/agent-fixture.ts';
import { ParticipantAgent } from './participant-agent.ts';
import { QuiesceGroup } from './quiesce-group.ts';

let clock: ManualClock;
let log: CallLog;
let group: QuiesceGroup;
const agents = new Map<string, ParticipantAgent>();

beforeEach(() => {
  clock = new ManualClock();
  log = new CallLog(clock);
  group = new QuiesceGroup(clock);
  agents.clear();
  for (const id of ['a', 'b']) {
    const options = { holding: holding(log, 'consumer', { id }), clock, mayRun: () => true, onFault: () => {}, group };
    agents.set(id, new ParticipantAgent(options));
  }
});

function run(id: string, operation: number, ...callbacks: Callback[]): Promise<InvokeOutcomeMessage> {
  const agent = agents.get(id)!;
  return agent.invoke(steps(agent.holding, operation, callbacks), PATIENCE_MS);
}

test('the first to enter stops, and starts when the last leaves', async () => {
  await run('a', 10, 'stop');
  await run('b', 11, 'stop', 'add_producer', 'start');
  expect(log.take()).toEqual(['a stop', 'b add_producer']);
  await run('a', 10, 'add_producer', 'start');
  expect(log.take()).toEqual(['a add_producer', 'a start']);
  expect(group.size).toBe(0);
});

test('the start that runs is that of the member that stopped, whoever leaves last', async () => {
  await run('a', 10, 'stop');
  await run('b', 11, 'stop');
  expect((await run('a', 10, 'start')).runs).toEqual([{ side: 'consumer', callback: 'start', result: 0, durationUs: 0, skipped: false }]);
  expect(log.take()).toEqual(['a stop']);
  await run('b', 11, 'start');
  expect(log.take()).toEqual(['a start']);
});

test('who enters while the real stop runs waits for it', async () => {
  log.script('a', 'stop', { takesMs: 50 });
  const stopping = run('a', 10, 'stop');
  const connecting = run('b', 11, 'stop', 'add_producer');
  await clock.advance(49);
  expect(log.lines).toEqual(['a stop']);
  await clock.advance(1);
  await Promise.all([stopping, connecting]);
  expect(log.lines).toEqual(['a stop', 'a stop returned', 'b add_producer']);
});

test('who enters while the real start runs waits for it, then stops for itself', async () => {
  log.script('a', 'start', { takesMs: 50 });
  await run('a', 10, 'stop');
  await clock.settle();
  const starting = run('a', 10, 'start');
  const stopping = run('b', 11, 'stop');
  await clock.advance(50);
  await Promise.all([starting, stopping]);
  expect(log.lines).toEqual(['a stop', 'a start', 'a start returned', 'b stop']);
});

test('nobody relies on a stop that failed; the starts of all that stopped run when the last leaves', async () => {
  log.script('a', 'stop', -5);
  expect((await run('a', 10, 'stop')).runs[0]!.result).toBe(-5);
  await run('b', 11, 'stop');
  await run('a', 10, 'start');
  expect(log.take()).toEqual(['a stop', 'b stop']);
  await run('b', 11, 'add_producer', 'start');
  expect(log.take()).toEqual(['b add_producer', 'a start', 'b start']);
});

test('a stop that overruns its deadline keeps the others waiting, and counts once it has returned', async () => {
  log.script('a', 'stop', { takesMs: DEADLINE_MS + 1_000 });
  const stopping = run('a', 10, 'stop');
  await clock.advance(PATIENCE_MS);
  expect((await stopping).status).toBe('running');
  const waiting = run('b', 11, 'stop', 'add_producer');
  await clock.advance(DEADLINE_MS);
  expect((await run('a', 10, 'stop')).runs[0]!.result).toBe(Errno.ETIMEDOUT);
  expect((await waiting).status).toBe('running');
  await clock.advance(1_000);
  expect((await run('b', 11, 'stop', 'add_producer')).runs.map(({ result }) => result)).toEqual([0, 0]);
  expect(log.lines).toEqual(['a stop', 'a stop returned', 'b add_producer']);
});

test('rule 3: a rollback takes its entry away', async () => {
  await run('a', 10, 'stop');
  await run('b', 11, 'stop', 'add_producer');
  const { holding: held } = agents.get('b')!;
  await agents.get('b')!.invoke(rollback(held, 11), PATIENCE_MS);
  expect(log.take()).toEqual(['a stop', 'b add_producer', 'b del_producer']);
  await run('a', 10, 'start');
  expect(log.take()).toEqual(['a start']);
});

test('a rollback while it waits to enter gives up, and nothing of it is left', async () => {
  log.script('a', 'stop', { takesMs: 50, result: -5 });
  const stopping = run('a', 10, 'stop');
  void run('b', 11, 'stop', 'add_producer');
  const { holding: held } = agents.get('b')!;
  const undone = agents.get('b')!.invoke(rollback(held, 11), PATIENCE_MS);
  await clock.advance(50);
  await stopping;
  expect((await undone).runs).toEqual([]);
  expect(log.lines).toEqual(['a stop', 'a stop returned']);
  expect(group.size).toBe(1);
});

test('rule 4: a teardown of all members resumes once, after the last', async () => {
  await run('a', 10, 'stop', 'add_producer', 'start');
  await run('b', 11, 'stop', 'add_producer', 'start');
  await run('b', 12, 'stop');
  log.take();
  await Promise.all([...agents.values()].map((agent) => agent.fence()));
  expect(log.take()).toEqual(['b del_producer', 'a del_producer', 'b start']);
  expect(group.size).toBe(0);
});
