import { beforeEach, describe, expect, test } from '@jest/globals';
import { Errno } from '@irqmesh/domain';
import type { Callback } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { CallLog, DEADLINE_MS, holding, PATIENCE_MS, rollback, steps } from '../../test-support/agent-fixture.ts';
import { ParticipantAgent } from './participant-agent.ts';
import type { Holding } from './participant-agent.ts';

const CONNECT: readonly Callback[] = ['stop', 'add_producer', 'start'];
const DISCONNECT: readonly Callback[] = ['stop', 'del_producer', 'start'];

let clock: ManualClock;
let log: CallLog;
let held: Holding;
let agent: ParticipantAgent;
let lease: { held: boolean };

function makeAgent(made: Holding): ParticipantAgent {
  return new ParticipantAgent({ holding: made, clock, mayRun: () => lease.held, onFault: () => {} });
}

beforeEach(() => {
  clock = new ManualClock();
  log = new CallLog(clock);
  lease = { held: true };
  held = holding(log, 'consumer');
  agent = makeAgent(held);
});

function invoke(item: InvokeItemMessage): Promise<InvokeOutcomeMessage> {
  return agent.invoke(item, PATIENCE_MS);
}

/** Asks as a caller does: again until it is no longer `running`. */
async function invokeToEnd(item: InvokeItemMessage): Promise<InvokeOutcomeMessage> {
  for (;;) {
    const answering = invoke(item);
    await clock.advance(PATIENCE_MS);
    const outcome = await answering;
    if (outcome.status !== 'running') return outcome;
  }
}

function results({ runs }: InvokeOutcomeMessage): (string | number)[][] {
  return runs.map((run) => [run.callback, run.result]);
}

describe('steps', () => {
  test('run in order, and each has its result', async () => {
    const outcome = await invoke(steps(held, 10, CONNECT));
    expect(outcome.status).toBe('done');
    expect(results(outcome)).toEqual([['stop', 0], ['add_producer', 0], ['start', 0]]);
    expect(log.lines).toEqual(['C stop', 'C add_producer', 'C start']);
  });

  test('see the other side, the token and the operation', async () => {
    await invoke(steps(held, 10, ['stop']));
    expect(log.peers[0]).toEqual({ participant: { host: 'host-b', session: 's2', id: 'peer' }, irq: 32, token: 'token', operationSequence: 10 });
  });

  test('rule 2: a merged call stops at the first failure and has a result for each step that ran', async () => {
    log.script('C', 'add_producer', 66311);
    const outcome = await invoke(steps(held, 10, CONNECT));
    expect(results(outcome)).toEqual([['stop', 0], ['add_producer', 66311]]);
    expect(log.lines).toEqual(['C stop', 'C add_producer']);
  });

  test('a callback that the registration does not supply counts as done', async () => {
    held = holding(log, 'producer', { callbacks: ['stop'] });
    agent = makeAgent(held);
    expect(results(await invoke(steps(held, 10, ['stop', 'add_consumer'])))).toEqual([['stop', 0], ['add_consumer', 0]]);
    expect(log.lines).toEqual(['P stop']);
  });
});

describe('rule 2: at most once', () => {
  test('rule 2: a repeated step is answered from memory', async () => {
    log.script('C', 'stop', -5);
    const first = await invoke(steps(held, 10, ['stop']));
    const again = await invoke(steps(held, 10, ['stop']));
    expect(again).toEqual(first);
    expect(log.lines).toEqual(['C stop']);
  });

  test('rule 2: of a repeated merged call only what has not run is run', async () => {
    await invoke(steps(held, 10, ['stop']));
    expect(results(await invoke(steps(held, 10, CONNECT)))).toEqual([['stop', 0], ['add_producer', 0], ['start', 0]]);
    expect(log.lines).toEqual(['C stop', 'C add_producer', 'C start']);
  });

  test('rule 2: a running step is awaited, not run again', async () => {
    log.script('C', 'stop', { takesMs: 50 });
    const both = [invoke(steps(held, 10, ['stop'])), invoke(steps(held, 10, ['stop']))];
    await clock.advance(50);
    for (const outcome of await Promise.all(both)) expect(results(outcome)).toEqual([['stop', 0]]);
    expect(log.lines).toEqual(['C stop', 'C stop returned']);
  });

  test('rule 2: a step that outlasts the patience is "running", and its result is there when asked again', async () => {
    log.script('C', 'stop', { takesMs: 250 });
    const first = invoke(steps(held, 10, ['stop']));
    await clock.advance(PATIENCE_MS);
    expect((await first).status).toBe('running');
    await clock.advance(200);
    expect(results(await invoke(steps(held, 10, ['stop'])))).toEqual([['stop', 0]]);
  });

  test('rule 2: a step of an older operation is stale', async () => {
    await invoke(steps(held, 10, CONNECT));
    await invoke(steps(held, 20, DISCONNECT));
    log.take();
    for (const late of [steps(held, 10, ['stop']), steps(held, 10, ['del_producer']), rollback(held, 10)]) {
      expect((await invoke(late)).status).toBe('stale');
    }
    expect(log.lines).toEqual([]);
  });

  test('rule 2: an invoke for another registration is refused', async () => {
    const other = { ...steps(held, 10, ['stop']), registrationRequestId: 'register-earlier' };
    expect((await invoke(other)).status).toBe('refused');
    expect((await invoke({ ...rollback(held, 10), registrationRequestId: 'register-earlier' })).status).toBe('refused');
    expect(log.lines).toEqual([]);
  });
});

describe('rule 1: deadlines', () => {
  test('rule 1: the agent answers -ETIMEDOUT for a callback that overruns its deadline', async () => {
    log.script('C', 'stop', { takesMs: DEADLINE_MS + 1_000 });
    const outcome = await invokeToEnd(steps(held, 10, CONNECT));
    expect(results(outcome)).toEqual([['stop', Errno.ETIMEDOUT]]);
    expect(outcome.runs[0]!.durationUs).toBe(DEADLINE_MS * 1_000);
  });

  test('rule 1: until it returns, nothing else of the participant runs', async () => {
    log.script('C', 'stop', { takesMs: DEADLINE_MS + 1_000 });
    await invokeToEnd(steps(held, 10, ['stop']));
    expect(log.take()).toEqual(['C stop']);
    const start = await invokeToEnd(steps(held, 10, ['start']));
    expect(results(start)).toEqual([['start', 0]]);
    expect(log.lines).toEqual(['C stop returned', 'C start']);
  });

  test('rule 1: an add that succeeds late is undone before any later callback', async () => {
    log.script('C', 'add_producer', { takesMs: DEADLINE_MS + 1_000 });
    expect(results(await invokeToEnd(steps(held, 10, CONNECT)))).toEqual([['stop', 0], ['add_producer', Errno.ETIMEDOUT]]);
    log.take();
    await invokeToEnd(steps(held, 10, ['start']));
    expect(log.lines).toEqual(['C add_producer returned', 'C del_producer', 'C start']);
  });

  test('rule 1: an add that fails late is not undone', async () => {
    log.script('C', 'add_producer', { takesMs: DEADLINE_MS + 1_000, result: -5 });
    await invokeToEnd(steps(held, 10, CONNECT));
    await invokeToEnd(steps(held, 10, ['start']));
    expect(log.lines).toEqual(['C stop', 'C add_producer', 'C add_producer returned', 'C start']);
  });

  test('rule 1: a later operation waits for the overrunning callback too', async () => {
    held = holding(log, 'consumer', { callbacks: ['add_producer', 'del_producer'] });
    agent = makeAgent(held);
    log.script('C', 'add_producer', { takesMs: DEADLINE_MS + 1_000 }, 0);
    await invokeToEnd(steps(held, 10, ['add_producer']));
    expect(results(await invokeToEnd(steps(held, 20, ['add_producer'])))).toEqual([['add_producer', 0]]);
    expect(log.lines).toEqual(['C add_producer', 'C add_producer returned', 'C del_producer', 'C add_producer']);
  });
});

describe('rule 3: rollback', () => {
  test.each([
    { after: ['stop'], undone: ['start'] },
    { after: ['stop', 'add_producer'], undone: ['del_producer', 'start'] },
    { after: ['stop', 'add_producer', 'start'], undone: ['stop', 'del_producer', 'start'] },
  ] as const)('rule 3: after $after it runs $undone, and tells all that ran', async ({ after, undone }) => {
    await invoke(steps(held, 10, after));
    log.take();
    const outcome = await invoke(rollback(held, 10));
    expect(log.lines).toEqual(undone.map((name) => `C ${name}`));
    expect(outcome.runs.map((run) => run.callback)).toEqual([...after, ...undone]);
  });

  test('rule 3: after a failed add only start is run', async () => {
    log.script('C', 'add_producer', -5);
    await invoke(steps(held, 10, CONNECT));
    log.take();
    await invoke(rollback(held, 10));
    expect(log.lines).toEqual(['C start']);
  });

  test('rule 3: without stop and start only del is run', async () => {
    held = holding(log, 'consumer', { callbacks: ['add_producer', 'del_producer'] });
    agent = makeAgent(held);
    await invoke(steps(held, 10, ['add_producer']));
    await invoke(rollback(held, 10));
    expect(log.lines).toEqual(['C add_producer', 'C del_producer']);
  });

  test('rule 3: where there is no del, an add is not undone, and nothing is stopped for it', async () => {
    held = holding(log, 'producer', { callbacks: ['stop', 'start', 'add_consumer'] });
    agent = makeAgent(held);
    await invoke(steps(held, 10, ['stop', 'add_consumer', 'start']));
    log.take();
    await invoke(rollback(held, 10));
    expect(log.lines).toEqual([]);
  });

  test('rule 3: every other step of the operation is refused from then on', async () => {
    await invoke(steps(held, 10, ['stop']));
    await invoke(rollback(held, 10));
    log.take();
    for (const late of [['stop'], ['add_producer'], CONNECT] as const) expect((await invoke(steps(held, 10, late))).status).toBe('refused');
    expect(log.lines).toEqual([]);
  });

  test('rule 3: an operation that never arrived is sealed, so that its late steps are refused', async () => {
    expect(await invoke(rollback(held, 10))).toEqual({ status: 'done', runs: [], message: '' });
    expect((await invoke(steps(held, 10, CONNECT))).status).toBe('refused');
    expect(log.lines).toEqual([]);
  });

  test('rule 3: a repeated rollback undoes nothing twice', async () => {
    await invoke(steps(held, 10, ['stop', 'add_producer']));
    const first = await invoke(rollback(held, 10));
    expect(await invoke(rollback(held, 10))).toEqual(first);
    expect(log.lines).toEqual(['C stop', 'C add_producer', 'C del_producer', 'C start']);
  });

  test('rule 3: what is left of a merged call that runs is not run', async () => {
    log.script('C', 'stop', { takesMs: 50 });
    const merged = invoke(steps(held, 10, CONNECT));
    const undone = invoke(rollback(held, 10));
    await clock.advance(50);
    expect((await merged).status).toBe('refused');
    expect(results(await undone)).toEqual([['stop', 0], ['start', 0]]);
  });

  test('rules 1 and 3: it waits for an overrunning add and tells of its undoing', async () => {
    log.script('C', 'add_producer', { takesMs: DEADLINE_MS + 1_000 });
    await invokeToEnd(steps(held, 10, CONNECT));
    expect(results(await invokeToEnd(rollback(held, 10)))).toEqual([
      ['stop', 0],
      ['add_producer', Errno.ETIMEDOUT],
      ['del_producer', 0],
      ['start', 0],
    ]);
  });

  test('the registration can be connected again', async () => {
    await invoke(steps(held, 10, CONNECT));
    await invoke(rollback(held, 10));
    log.take();
    expect(results(await invoke(steps(held, 20, CONNECT)))).toHaveLength(3);
    expect(log.lines).toEqual(['C stop', 'C add_producer', 'C start']);
  });
});

describe('rule 4: fencing', () => {
  test.each([
    { after: [], torn: [] },
    { after: ['stop'], torn: ['start'] },
    { after: ['stop', 'add_producer'], torn: ['del_producer', 'start'] },
    { after: ['stop', 'add_producer', 'start'], torn: ['stop', 'del_producer', 'start'] },
  ] as const)('rule 4: after $after it runs $torn', async ({ after, torn }) => {
    if (after.length > 0) await invoke(steps(held, 10, after));
    log.take();
    await agent.fence();
    expect(log.lines).toEqual(torn.map((name) => `C ${name}`));
  });

  test('rule 4: it goes by actual state, not by the newest operation', async () => {
    await invoke(steps(held, 10, CONNECT));
    await invoke(steps(held, 20, ['stop']));
    log.take();
    await agent.fence();
    expect(log.lines).toEqual(['C del_producer', 'C start']);
  });

  test('rule 4: it tears down after the callback that runs, and runs none of the steps behind it', async () => {
    log.script('C', 'add_producer', { takesMs: 1_000 });
    const merged = invoke(steps(held, 10, CONNECT));
    await clock.settle();
    const fenced = agent.fence();
    expect((await merged).status).toBe('refused');
    await clock.advance(1_000);
    await fenced;
    expect(log.lines).toEqual(['C stop', 'C add_producer', 'C add_producer returned', 'C del_producer', 'C start']);
  });

  test('rule 4: every invoke is refused from then on, repeated ones too', async () => {
    await invoke(steps(held, 10, CONNECT));
    await agent.fence();
    log.take();
    for (const item of [steps(held, 10, CONNECT), steps(held, 20, DISCONNECT), rollback(held, 10)]) expect((await invoke(item)).status).toBe('refused');
    expect(log.lines).toEqual([]);
  });

  test('rule 4: between two steps the lease is judged anew, before any timer could', async () => {
    log.script('C', 'stop', { takesMs: PATIENCE_MS + 50 });
    const merged = invoke(steps(held, 10, CONNECT));
    await clock.advance(PATIENCE_MS);
    expect((await merged).status).toBe('running');
    lease.held = false;
    await clock.advance(PATIENCE_MS);
    expect(log.lines).toEqual(['C stop', 'C stop returned']);
    expect((await invoke(steps(held, 10, CONNECT))).status).toBe('refused');
  });

  test('a fence while a rollback runs does not undo twice', async () => {
    log.script('C', 'del_producer', { takesMs: 50 });
    await invoke(steps(held, 10, ['stop', 'add_producer']));
    const undone = invoke(rollback(held, 10));
    const fenced = agent.fence();
    await clock.advance(50);
    await Promise.all([undone, fenced]);
    expect(log.lines).toEqual(['C stop', 'C add_producer', 'C del_producer', 'C del_producer returned', 'C start']);
  });
});

test('quiet waits for a callback that runs', async () => {
  log.script('C', 'stop', { takesMs: 50 });
  void invoke(steps(held, 10, ['stop']));
  agent.close('released');
  const quiet = agent.quiet().then(() => log.lines.at(-1));
  await clock.advance(50);
  expect(await quiet).toBe('C stop returned');
});

test('leaves no timer behind', async () => {
  await invoke(steps(held, 10, CONNECT));
  log.script('C', 'stop', { takesMs: 50 });
  const pending = invoke(steps(held, 20, DISCONNECT));
  await clock.advance(50);
  await pending;
  expect(clock.pendingTimers).toBe(0);
});
