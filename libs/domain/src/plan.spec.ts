import { describe, expect, it } from '@jest/globals';
import { CALLBACKS, callbackSet } from './callbacks.ts';
import type { Callback, CallbackSet } from './callbacks.ts';
import type { PairOperation } from './operation.ts';
import type { Side } from './participant.ts';
import { NO_PROGRESS, plan, withReply } from './plan.ts';
import type { Outcome } from './plan.ts';
import { History } from './testing/history.ts';
import { play, playCalls } from './testing/play.ts';

const ALL = CALLBACKS;

/** A connect of P (first) and C (newcomer) with these callbacks. */
function connect(producer: CallbackSet = ALL.producer, consumer: CallbackSet = ALL.consumer): PairOperation {
  const history = new History();
  history.producer('P', { callbacks: producer });
  history.consumer('C', { callbacks: consumer });
  return history.operation()!;
}

/** A disconnect of P (who leaves) and C with these callbacks. */
function disconnect(producer: CallbackSet = ALL.producer, consumer: CallbackSet = ALL.consumer): PairOperation {
  const history = new History();
  const leaver = history.producer('P', { callbacks: producer });
  history.connected(history.consumer('C', { callbacks: consumer }));
  history.unregister(leaver);
  return history.operation()!;
}

function withGone(operation: PairOperation, ...sides: readonly Side[]): PairOperation {
  const mark = (side: Side) => ({ ...operation[side], gone: sides.includes(side) });
  return { ...operation, producer: mark('producer'), consumer: mark('consumer') };
}

function without(side: Side, ...names: readonly Callback[]): CallbackSet {
  return callbackSet(side, ALL[side].filter((name) => !names.includes(name)));
}

/** `producer.stop=0 …`, skipped ones as `(consumer.start)`. */
function ran(outcome: Outcome): string {
  return outcome.runs.map(({ side, callback, result, skipped }) => (skipped ? `(${side}.${callback})` : `${side}.${callback}=${result}`)).join(' ');
}

describe('connect', () => {
  it('with all eight callbacks takes five calls in the order of __connect', () => {
    const { calls, outcome } = play(connect());
    expect(calls).toEqual(['producer: stop', 'consumer: stop', 'producer: add_consumer', 'consumer: add_producer start', 'producer: start']);
    expect(outcome).toMatchObject({ type: 'PairConnected', producerSequence: 1, consumerSequence: 2, operationSequence: 2 });
    expect(ran(outcome)).toBe('producer.stop=0 consumer.stop=0 producer.add_consumer=0 consumer.add_producer=0 consumer.start=0 producer.start=0');
  });

  it('of a VFIO producer without callbacks and a KVM consumer with four is one call', () => {
    const { calls, outcome } = play(connect([]));
    expect(calls).toEqual(['consumer: stop add_producer start']);
    expect(outcome.type).toBe('PairConnected');
  });

  it('of a producer without callbacks and a consumer with the required two is one call', () => {
    expect(play(connect([], ['add_producer', 'del_producer'])).calls).toEqual(['consumer: add_producer']);
  });

  it('merges what stands beside each other once the other side has nothing between', () => {
    expect(play(connect(ALL.producer, ['add_producer', 'del_producer'])).calls).toEqual(['producer: stop add_consumer', 'consumer: add_producer', 'producer: start']);
  });

  it.each([-12, 66_311])('add_consumer returns %i: neither add_producer nor del_consumer, all started, the result unchanged', (result) => {
    const { calls, outcome } = play(connect(), { 'producer.add_consumer': result });
    expect(calls).toEqual(['producer: stop', 'consumer: stop', 'producer: add_consumer', 'consumer: start', 'producer: start']);
    expect(outcome).toMatchObject({ type: 'ConnectFailed', newcomer: 'consumer', result });
  });

  it.each([-12, 66_311])('add_producer returns %i: del_consumer, all started, the result unchanged', (result) => {
    const { calls, outcome } = play(connect(), { 'consumer.add_producer': result });
    // The call asks for a start too; the agent stops at the failure, so that it is asked for again after the undoing.
    expect(calls).toEqual(['producer: stop', 'consumer: stop', 'producer: add_consumer', 'consumer: add_producer start', 'producer: del_consumer', 'consumer: start', 'producer: start']);
    expect(outcome).toMatchObject({ type: 'ConnectFailed', newcomer: 'consumer', result });
    expect(ran(outcome)).toBe(`producer.stop=0 consumer.stop=0 producer.add_consumer=0 consumer.add_producer=${result} producer.del_consumer=0 consumer.start=0 producer.start=0`);
  });

  it('add_producer fails: del_consumer is called even where P has no add_consumer', () => {
    const { outcome } = play(connect(without('producer', 'add_consumer')), { 'consumer.add_producer': -12 });
    expect(ran(outcome)).toBe('producer.stop=0 consumer.stop=0 consumer.add_producer=-12 producer.del_consumer=0 consumer.start=0 producer.start=0');
  });

  it('add_producer fails and P has no del_consumer: the rest of the merged call is not run twice', () => {
    const { calls, outcome } = play(connect([]), { 'consumer.add_producer': -12 });
    expect(calls).toEqual(['consumer: stop add_producer start', 'consumer: start']);
    expect(ran(outcome)).toBe('consumer.stop=0 consumer.add_producer=-12 consumer.start=0');
  });

  it('del_consumer fails in the undoing: recorded, and the starts follow', () => {
    const { calls, outcome } = play(connect(ALL.producer, without('consumer', 'start')), { 'consumer.add_producer': -12, 'producer.del_consumer': -110 });
    expect(calls.slice(3)).toEqual(['consumer: add_producer', 'producer: del_consumer start', 'producer: start']);
    expect(outcome).toMatchObject({ type: 'ConnectFailed', result: -12 });
  });

  it('a start that fails does not undo the connect', () => {
    const { outcome } = play(connect(), { 'consumer.start': -110, 'producer.start': -110 });
    expect(outcome.type).toBe('PairConnected');
    expect(ran(outcome)).toContain('consumer.start=-110 producer.start=-110');
  });

  it('names the producer as the newcomer when it came second', () => {
    const history = new History();
    history.consumer('C');
    history.producer('P');
    expect(play(history.operation()!, { 'producer.add_consumer': -5 }).outcome).toMatchObject({ type: 'ConnectFailed', newcomer: 'producer', producerSequence: 2, consumerSequence: 1 });
  });
});

describe('rule 6: a stop that fails in a connect', () => {
  it('of the producer: the consumer is not touched, no add is run, the producer is started', () => {
    const { calls, outcome } = play(connect(), { 'producer.stop': -110 });
    expect(calls).toEqual(['producer: stop', 'producer: start']);
    expect(outcome).toMatchObject({ type: 'ConnectFailed', newcomer: 'consumer', result: -110 });
  });

  it('of the consumer: no add is run, both are started, the consumer first', () => {
    const { calls, outcome } = play(connect(), { 'consumer.stop': -110 });
    expect(calls).toEqual(['producer: stop', 'consumer: stop', 'consumer: start', 'producer: start']);
    expect(outcome).toMatchObject({ type: 'ConnectFailed', result: -110 });
  });

  it('in a merged call: its add is not run', () => {
    const { calls, outcome } = play(connect([]), { 'consumer.stop': -110 });
    expect(calls).toEqual(['consumer: stop add_producer start', 'consumer: start']);
    expect(ran(outcome)).toBe('consumer.stop=-110 consumer.start=0');
  });

  it('the start after it fails too: the result is that of the stop', () => {
    expect(play(connect(), { 'producer.stop': -110, 'producer.start': -5 }).outcome).toMatchObject({ type: 'ConnectFailed', result: -110 });
  });

  it('without a start, nothing is left to do', () => {
    expect(play(connect(without('producer', 'start')), { 'producer.stop': 7 })).toMatchObject({ calls: ['producer: stop'], outcome: { type: 'ConnectFailed', result: 7 } });
  });
});

describe('disconnect', () => {
  it('with all eight callbacks takes five calls in the order of __disconnect', () => {
    const { calls, outcome } = play(disconnect());
    expect(calls).toEqual(['producer: stop', 'consumer: stop del_producer', 'producer: del_consumer', 'consumer: start', 'producer: start']);
    expect(outcome).toMatchObject({ type: 'PairDisconnected', producerSequence: 1, consumerSequence: 2, operationSequence: 4 });
    expect(ran(outcome)).toBe('producer.stop=0 consumer.stop=0 consumer.del_producer=0 producer.del_consumer=0 consumer.start=0 producer.start=0');
  });

  it('of a producer without callbacks is one call', () => {
    expect(play(disconnect([])).calls).toEqual(['consumer: stop del_producer start']);
  });

  it.each(['producer.stop', 'consumer.stop', 'consumer.del_producer', 'producer.del_consumer', 'consumer.start', 'producer.start'] as const)(
    'rule 6: %s fails: recorded, and the sequence goes on',
    (failing) => {
      const { outcome } = play(disconnect(), { [failing]: -110 });
      const all = 'producer.stop=0 consumer.stop=0 consumer.del_producer=0 producer.del_consumer=0 consumer.start=0 producer.start=0';
      expect(outcome.type).toBe('PairDisconnected');
      expect(ran(outcome)).toBe(all.replace(`${failing}=0`, `${failing}=-110`));
    },
  );

  it('rule 6: every callback fails: each is called once', () => {
    const { calls } = play(disconnect([]), { 'consumer.stop': -110, 'consumer.del_producer': -5, 'consumer.start': 3 });
    expect(calls).toEqual(['consumer: stop del_producer start', 'consumer: del_producer start', 'consumer: start']);
  });

  it.each([
    ['producer', ['consumer: stop del_producer start'], '(producer.stop) consumer.stop=0 consumer.del_producer=0 (producer.del_consumer) consumer.start=0 (producer.start)'],
    ['consumer', ['producer: stop del_consumer start'], 'producer.stop=0 (consumer.stop) (consumer.del_producer) producer.del_consumer=0 (consumer.start) producer.start=0'],
  ] as const)('with the %s gone: its callbacks are recorded as skipped', (side, calls, runs) => {
    const played = play(withGone(disconnect(), side));
    expect(played.calls).toEqual(calls);
    expect(ran(played.outcome)).toBe(runs);
  });

  it('records as skipped only what the gone side supplies', () => {
    expect(ran(play(withGone(disconnect(['start']), 'producer')).outcome)).toBe('consumer.stop=0 consumer.del_producer=0 consumer.start=0 (producer.start)');
  });

  it('with both gone calls nobody', () => {
    const { calls, outcome } = play(withGone(disconnect(), 'producer', 'consumer'));
    expect(calls).toEqual([]);
    expect(outcome.runs.every((run) => run.skipped && run.result === 0)).toBe(true);
    expect(outcome.runs).toHaveLength(6);
  });

  it('with a side that becomes gone half-way: what it ran stands, its remaining ones are skipped', () => {
    const operation = disconnect();
    const { progress } = playCalls(operation, { 'producer.stop': -5 }, 2);
    const { calls, outcome } = play(withGone(operation, 'producer'), {}, progress);
    expect(calls).toEqual(['consumer: start']);
    expect(ran(outcome)).toBe('producer.stop=-5 consumer.stop=0 consumer.del_producer=0 (producer.del_consumer) consumer.start=0 (producer.start)');
  });
});

describe('rule 6: a connect with a side gone', () => {
  it.each([
    ['producer', 'consumer'],
    ['consumer', 'producer'],
  ] as const)('%s: the %s is rolled back, and ConnectAborted recorded', (gone, reachable) => {
    const { calls, outcome } = play(withGone(connect(), gone));
    expect(calls).toEqual([`${reachable}: rollback`]);
    expect(outcome).toMatchObject({ type: 'ConnectAborted', newcomer: 'consumer', gone: [gone] });
  });

  it('both: nobody is called', () => {
    expect(play(withGone(connect(), 'producer', 'consumer'))).toMatchObject({ calls: [], outcome: { type: 'ConnectAborted', gone: ['producer', 'consumer'] } });
  });

  it('rule 3: the rollback is sent even if nothing is known to have run there, and to a side without callbacks', () => {
    expect(plan(withGone(connect([]), 'consumer'), NO_PROGRESS)).toEqual({ call: { kind: 'rollback', side: 'producer' } });
  });

  it('after every callback has run and before that stands in the log: still aborted', () => {
    const operation = connect();
    const { progress } = playCalls(operation, {}, 12);
    expect(plan(operation, progress)).toMatchObject({ outcome: { type: 'PairConnected' } });
    expect(play(withGone(operation, 'producer'), {}, progress)).toMatchObject({ calls: ['consumer: rollback'], outcome: { type: 'ConnectAborted' } });
  });

  it('after a callback has failed: still aborted, not failed', () => {
    const operation = connect();
    const { progress } = playCalls(operation, { 'consumer.add_producer': -12 }, 4);
    expect(play(withGone(operation, 'consumer'), {}, progress).outcome.type).toBe('ConnectAborted');
  });

  it('the second side goes while the first is rolled back: nobody is left to ask', () => {
    const operation = withGone(connect(), 'producer', 'consumer');
    expect(plan(operation, { runs: [], rolledBack: [] })).toMatchObject({ outcome: { type: 'ConnectAborted' } });
  });
});

describe('withReply', () => {
  const run = (side: Side, callback: Callback, result = 0) => ({ side, callback, result, durationUs: 1, skipped: false });

  it('adds the callbacks of a call in order', () => {
    const first = withReply(NO_PROGRESS, { kind: 'steps', side: 'producer', steps: ['stop'] }, [run('producer', 'stop')]);
    const second = withReply(first, { kind: 'steps', side: 'consumer', steps: ['stop'] }, [run('consumer', 'stop', -110)]);
    expect(second).toEqual({ runs: [run('producer', 'stop'), run('consumer', 'stop', -110)], rolledBack: [] });
    expect(NO_PROGRESS).toEqual({ runs: [], rolledBack: [] });
  });

  it("takes a rollback's reply for all that the operation did on that side, known or not", () => {
    const before = { runs: [run('producer', 'stop'), run('consumer', 'stop')], rolledBack: [] };
    const undone = [run('consumer', 'stop'), run('consumer', 'add_producer'), run('consumer', 'del_producer'), run('consumer', 'start')];
    expect(withReply(before, { kind: 'rollback', side: 'consumer' }, undone)).toEqual({ runs: [run('producer', 'stop'), ...undone], rolledBack: ['consumer'] });
  });
});

describe('a matcher that forgot', () => {
  it('asks for the same calls again and comes to the same outcome, whatever it had done', () => {
    for (const results of [{}, { 'consumer.add_producer': -12 }, { 'producer.stop': -110 }, { 'consumer.stop': -110 }, { 'producer.add_consumer': 66_311 }]) {
      for (const operation of [connect(), connect([]), disconnect(), disconnect([])]) {
        const whole = play(operation, results);
        for (let calls = 0; calls <= whole.calls.length; calls++) {
          const { progress } = playCalls(operation, results, calls);
          expect(play(operation, results, progress)).toEqual({ calls: whole.calls.slice(calls), outcome: whole.outcome });
        }
        expect(play(operation, results)).toEqual(whole);
      }
    }
  });
});
