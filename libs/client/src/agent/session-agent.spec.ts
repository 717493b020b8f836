import { beforeEach, describe, expect, test } from '@jest/globals';
import { ADD, CALLBACKS, DEL, holdingsDigest, IrqBypassError, SIDES } from '@irqmesh/domain';
import type { Callback, Side } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import { CallLog, DEADLINE_MS, holding, PATIENCE_MS, rollback, sessionAgent, steps } from '../../test-support/agent-fixture.ts';
import type { CallbackFault } from './participant-agent.ts';
import type { SessionAgent } from './session-agent.ts';

let clock: ManualClock;
let log: CallLog;
let agent: SessionAgent;
let lease: { held: boolean };
let faults: CallbackFault[];
let operation = 10;

beforeEach(() => {
  clock = new ManualClock();
  log = new CallLog(clock);
  ({ agent, lease, faults } = sessionAgent(clock));
});

/** The 16 sets of callbacks that a side can supply. */
function everySet(side: Side): { readonly side: Side; readonly callbacks: readonly Callback[] }[] {
  return Array.from({ length: 16 }, (_, mask) => ({ side, callbacks: CALLBACKS[side].filter((_name, bit) => (mask & (1 << bit)) !== 0) }));
}

describe('a batch', () => {
  test('has an outcome for each item, and participants do not wait for each other', async () => {
    const slow = holding(log, 'consumer', { id: 'slow' });
    const quick = holding(log, 'producer', { id: 'quick' });
    agent.hold(slow);
    agent.hold(quick);
    log.script('slow', 'stop', { takesMs: PATIENCE_MS + 1 });
    const replying = agent.invoke([steps(slow, 10, ['stop']), steps(quick, 11, ['stop'])]);
    await clock.advance(PATIENCE_MS);
    expect((await replying).map(({ status }) => status)).toEqual(['running', 'done']);
  });

  test('is refused where it names somebody else', async () => {
    const held = holding(log, 'consumer');
    agent.hold(held);
    const elsewhere = { ...steps(held, 10, ['stop']), participant: { host: 'host-a', session: 's0', id: 'C' } };
    const unknown = steps(holding(log, 'consumer', { id: 'nobody' }), 10, ['stop']);
    const otherSide = steps(holding(log, 'producer', { id: 'C' }), 10, ['stop']);
    expect((await agent.invoke([elsewhere, unknown, otherSide])).map(({ status }) => status)).toEqual(['refused', 'refused', 'refused']);
    expect(log.lines).toEqual([]);
  });
});

describe('rule 5: one registration per participant', () => {
  test('rule 5: a second one is -EINVAL, also while the first is under way', () => {
    agent.hold(holding(log, 'consumer'));
    expect(() => agent.hold(holding(log, 'consumer', { requestId: 'register-again' }))).toThrow(new IrqBypassError(-22, 'consumer host-a/s1/C is registered already; unregister it first'));
  });

  test('the same id may be registered on both sides', () => {
    agent.hold(holding(log, 'consumer', { id: 'x' }));
    expect(() => agent.hold(holding(log, 'producer', { id: 'x' }))).not.toThrow();
  });

  test('rule 5: after its end every invoke is refused, and it can be registered again', async () => {
    const held = holding(log, 'consumer');
    const first = agent.hold(held);
    await agent.invoke([steps(held, 10, ['stop', 'add_producer', 'start'])]);
    await agent.invoke([steps(held, 20, ['stop', 'del_producer', 'start'])]);
    log.take();
    await agent.end(first);
    const again = holding(log, 'consumer', { requestId: 'register-again' });
    agent.hold(again);
    const late = [steps(held, 20, ['stop']), rollback(held, 30), steps(held, 30, ['stop'])];
    expect((await agent.invoke(late)).map(({ status }) => status)).toEqual(['refused', 'refused', 'refused']);
    expect(log.lines).toEqual([]);
    expect((await agent.invoke([steps(again, 30, ['stop'])]))[0]!.status).toBe('done');
  });

  test('an end tears down what the log has skipped', async () => {
    const held = holding(log, 'consumer');
    const first = agent.hold(held);
    await agent.invoke([steps(held, 10, ['stop', 'add_producer', 'start'])]);
    log.take();
    await agent.end(first);
    expect(log.lines).toEqual(['C stop', 'C del_producer', 'C start']);
  });

  test.each(SIDES.flatMap((side) => everySet(side)))('an end after a disconnect runs nothing more: $side with $callbacks', async ({ side, callbacks }) => {
    const held = holding(log, side, { callbacks });
    const registered = agent.hold(held);
    const supplied = (...names: Callback[]): Callback[] => names.filter((name) => callbacks.includes(name));
    for (const items of [supplied('stop', ADD[side], 'start'), supplied('stop', DEL[side], 'start')].filter((names) => names.length > 0)) {
      await agent.invoke([steps(held, ++operation, items)]);
    }
    log.take();
    await agent.end(registered);
    expect(log.lines).toEqual([]);
  });

  test('an end waits for a callback that overran its deadline', async () => {
    const held = holding(log, 'consumer');
    const first = agent.hold(held);
    log.script('C', 'add_producer', { takesMs: DEADLINE_MS + 1_000 });
    void agent.invoke([steps(held, 10, ['add_producer'])]);
    await clock.advance(DEADLINE_MS);
    const ended = agent.end(first).then(() => log.take());
    await clock.advance(1_000);
    expect(await ended).toEqual(['C add_producer', 'C add_producer returned', 'C del_producer']);
  });
});

describe('rule 12: what a renewal lists', () => {
  test('rule 12: every registration held, from before its request is sent until it has ended', async () => {
    const held = holding(log, 'producer', { requestId: 'r1' });
    expect(agent.holdings('producer')).toEqual({ count: 0, digest: 0 });
    const first = agent.hold(held);
    agent.hold(holding(log, 'producer', { id: 'P2', requestId: 'r2' }));
    agent.hold(holding(log, 'consumer', { requestId: 'r3' }));
    expect(agent.requestIds('producer')).toEqual(['r1', 'r2']);
    expect(agent.holdings('producer')).toEqual(holdingsDigest(['r2', 'r1']));
    expect(agent.holdings('consumer')).toEqual(holdingsDigest(['r3']));
    await agent.end(first);
    expect(agent.requestIds('producer')).toEqual(['r2']);
  });
});

describe('rule 4: fencing', () => {
  test('rule 4: tears all registrations down, then refuses everything', async () => {
    const producer = holding(log, 'producer');
    const consumer = holding(log, 'consumer');
    agent.hold(producer);
    agent.hold(consumer);
    await agent.invoke([steps(producer, 10, ['stop', 'add_consumer', 'start']), steps(consumer, 10, ['stop'])]);
    log.take();
    await agent.fence();
    expect(log.take().sort()).toEqual(['C start', 'P del_consumer', 'P start', 'P stop']);
    const outcomes = await agent.invoke([steps(producer, 20, ['stop']), rollback(consumer, 10)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['refused', 'refused']);
    expect(() => agent.hold(holding(log, 'consumer', { id: 'late' }))).toThrow(/-19 \(ENODEV\)/);
    expect(log.lines).toEqual([]);
  });

  test('rule 4: an invoke is refused as soon as the clock says that the lease has lapsed', async () => {
    const held = holding(log, 'consumer');
    agent.hold(held);
    lease.held = false;
    expect((await agent.invoke([steps(held, 10, ['stop'])]))[0]!.status).toBe('refused');
    expect(log.lines).toEqual([]);
  });
});

test('a callback that throws is told, with who and what', async () => {
  const held = holding(log, 'consumer');
  agent.hold(held);
  const error = new Error('broken');
  log.script('C', 'stop', error);
  const [outcome] = await agent.invoke([steps(held, 10, ['stop'])]);
  expect(outcome!.runs[0]!.result).toBe(-5);
  expect(faults).toEqual([{ side: 'consumer', participant: held.participant, token: 'token', callback: 'stop', operationSequence: 10, error }]);
});

describe('a quiesce group', () => {
  test('is shared by the registrations that name it, and by no others', async () => {
    const one = holding(log, 'consumer', { id: 'one', quiesceGroup: 'vm' });
    const two = holding(log, 'consumer', { id: 'two', quiesceGroup: 'vm' });
    const three = holding(log, 'consumer', { id: 'three' });
    for (const held of [one, two, three]) agent.hold(held);
    for (const held of [one, two, three]) await agent.invoke([steps(held, 10, ['stop'])]);
    for (const held of [one, two, three]) await agent.invoke([steps(held, 10, ['start'])]);
    expect(log.lines).toEqual(['one stop', 'three stop', 'one start', 'three start']);
  });

  test('outlives a member that ends while another holds it stopped; that one ends when its start has run', async () => {
    const one = holding(log, 'consumer', { id: 'one', quiesceGroup: 'vm' });
    const two = holding(log, 'consumer', { id: 'two', quiesceGroup: 'vm' });
    const first = agent.hold(one);
    agent.hold(two);
    await agent.invoke([steps(one, 10, ['stop'])]);
    await agent.invoke([steps(two, 11, ['stop'])]);
    await agent.invoke([steps(one, 10, ['start'])]);
    let ended = false;
    void agent.end(first).then(() => (ended = true));
    await clock.settle();
    expect(ended).toBe(false);
    await agent.invoke([steps(two, 11, ['start'])]);
    await clock.settle();
    expect(ended).toBe(true);
    expect(log.lines).toEqual(['one stop', 'one start']);
  });
});
