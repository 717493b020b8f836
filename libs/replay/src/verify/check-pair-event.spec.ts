import { describe, expect, test } from '@jest/globals';
import type { CallbackRun, CallbackSet, ConnectFailed, PairEvent, Side } from '@irqmesh/domain';
import { expectBroken, expectSound } from '../../test-support/expect-log.ts';
import { LogWriter, written } from '../../test-support/log-writer.ts';
import { LogVerifier } from './log-verifier.ts';

const TOKEN = 'token';

describe('outcomes', () => {
  const open = (): LogWriter => written((log) => {
    log.register('consumer', 'C');
    log.register('producer', 'P');
  });

  test('an operation has one outcome', () => {
    const log = open();
    const outcome = log.outcome();
    log.append(TOKEN, outcome);
    log.append(TOKEN, outcome);
    expectBroken(log, 'outcome', 'operation 2 has its outcome already, event 3');
  });

  test.each<[string, Partial<PairEvent>, string]>([
    ['of no operation', { operationSequence: 1 }, 'it settles operation 1, and it is the turn of 2'],
    ['of another pair', { producerSequence: 1 }, 'its pair is that of events 2 and 1, and it names 1 and 1'],
    ['of another kind', { type: 'PairDisconnected' }, 'operation 2, which it settles, is a connect'],
  ])('one %s', (_what, change, sentence) => {
    const log = open();
    log.append(TOKEN, { ...log.outcome(), ...change } as PairEvent);
    expectBroken(log, 'outcome', sentence);
  });

  test('one where nothing is open, and of another newcomer', () => {
    const log = written((other) => void other.register('consumer', 'C'));
    log.append(TOKEN, { type: 'PairConnected', producerSequence: 1, consumerSequence: 1, operationSequence: 1, runs: [] });
    expectBroken(log, 'outcome', 'it settles operation 1, and none of its token is open');
    const failed = open();
    failed.append(TOKEN, { ...failed.outcome(TOKEN, { 'producer.add_consumer': -12 }), newcomer: 'consumer' } as ConnectFailed);
    expectBroken(failed, 'outcome', 'the newcomer is the producer, and it names the consumer');
  });

  test('void ones are counted where the expiry came between, and named where it had come before', () => {
    const log = open();
    const connected = log.outcome();
    log.expire(1);
    log.append(TOKEN, connected);
    log.settle();
    const verifier = new LogVerifier();
    expect(log.entries.map((entry) => verifier.add(entry)).filter((finding) => finding !== undefined)).toEqual([]);
    expect(verifier.finish()).toMatchObject({ voidOutcomes: 1, openOperations: 0 });

    const twice = open();
    twice.expire(1);
    twice.append(TOKEN, connected);
    twice.append(TOKEN, connected);
    expectBroken(twice, 'outcome', 'the consumer had gone before: only ConnectAborted may settle the connect');
  });

  test('an abort names who has gone, and nobody else', () => {
    const aborted = (gone: readonly Side[]): LogWriter => {
      const log = open();
      log.expire(1);
      log.append(TOKEN, { type: 'ConnectAborted', producerSequence: 2, consumerSequence: 1, operationSequence: 2, newcomer: 'producer', runs: [], gone });
      return log;
    };
    expectSound(aborted(['consumer']));
    expectBroken(aborted(['producer', 'consumer']), 'outcome', 'it says that the producer has gone, and no expiry in the log does');
    const nobody = open();
    nobody.append(TOKEN, { type: 'ConnectAborted', producerSequence: 2, consumerSequence: 1, operationSequence: 2, newcomer: 'producer', runs: [], gone: ['consumer'] });
    expectBroken(nobody, 'outcome', 'it says that the consumer has gone');
  });
});

describe('callbacks', () => {
  const connect = (change: (runs: readonly CallbackRun[]) => readonly CallbackRun[]): LogWriter => written((log) => {
    log.register('consumer', 'C');
    log.register('producer', 'P');
    const outcome = log.outcome();
    log.append(TOKEN, { ...outcome, runs: change(outcome.runs) });
  });

  test('of a connect: all, in order, none skipped, and the result is theirs', () => {
    expectSound(connect((runs) => runs));
    expectBroken(connect((runs) => runs.slice(0, -1)), 'runs', 'it records no start of the producer, which is due');
    expectBroken(connect((runs) => [...runs, runs[0]!]), 'runs', 'it records stop of the producer, and no callback is due any more');
    expectBroken(connect((runs) => [runs[1]!, runs[0]!, ...runs.slice(2)]), 'runs', 'it records stop of the consumer, and stop of the producer is due');
    expectBroken(connect((runs) => runs.map((each) => ({ ...each, skipped: true }))), 'runs', 'it records stop of the producer');
    expectBroken(connect((runs) => runs.map((each) => (each.callback === 'add_producer' ? { ...each, result: -5 } : each))), 'runs', 'it records start of the consumer, and del_consumer of the producer is due');
    const log = written((other) => {
      other.register('consumer', 'C');
      other.register('producer', 'P', { callbacks: [] });
    });
    log.append(TOKEN, { ...(log.outcome(TOKEN, { 'consumer.add_producer': -12 }) as ConnectFailed), result: -5 });
    expectBroken(log, 'runs', 'its callbacks make the result -12 (ENOMEM), and it says -5 (EIO)'.replaceAll(/[()]/g, '.'));
  });

  const disconnect = (change: (runs: readonly CallbackRun[]) => readonly CallbackRun[], expired?: number): LogWriter => written((log) => {
    const { producer } = log.pair();
    log.unregister(producer);
    if (expired !== undefined) log.expire(expired);
    const outcome = log.outcome();
    log.append(TOKEN, { ...outcome, runs: change(outcome.runs) });
  });

  test('of a disconnect: all, in order; those of a gone side are skipped from some point on', () => {
    expectSound(disconnect((runs) => runs, 2));
    expectSound(disconnect((runs) => runs.map((each, index) => (index === 1 ? run('consumer', 'stop') : each)), 2));
    expectBroken(disconnect((runs) => runs.map((each, index) => (index === 2 ? run('consumer', 'del_producer') : each)), 2), 'runs', 'it records del_producer of the consumer, and an earlier callback of that side was skipped');
    expectBroken(disconnect((runs) => runs.map((each) => ({ ...each, durationUs: 0, skipped: true })), 2), 'runs', 'it skips stop of the producer, which has not gone');
    expectBroken(disconnect((runs) => runs.map((each) => (each.skipped ? { ...each, result: -5 } : each)), 2), 'runs', 'it skips stop of the consumer, and yet records');
    expectBroken(disconnect((runs) => runs.slice(1)), 'runs', 'it records stop of the consumer, and stop of the producer is due');
    expectBroken(disconnect((runs) => [...runs, runs[0]!]), 'runs', 'no callback is due any more');
    expectBroken(disconnect((runs) => runs.slice(0, 5)), 'runs', 'it records no start of the producer, which is due');
  });

  test('a side that had gone before the operation began is not called', () => {
    const log = written((other) => {
      const { producer } = other.pair();
      other.expire(producer);
    });
    expect(log.operation()).toMatchObject({ kind: 'disconnect' });
    const outcome = log.outcome();
    log.append(TOKEN, { ...outcome, runs: outcome.runs.map((each) => ({ ...each, skipped: false })) });
    expectBroken(log, 'runs', 'it records a callback of the producer, which had gone before the operation began');
  });

  const abort = (runs: readonly CallbackRun[], callbacks: Partial<Record<Side, CallbackSet>> = {}): LogWriter => written((log) => {
    log.register('consumer', 'C', callbacks.consumer === undefined ? {} : { callbacks: callbacks.consumer });
    log.register('producer', 'P', callbacks.producer === undefined ? {} : { callbacks: callbacks.producer });
    log.expire(2);
    log.append(TOKEN, { type: 'ConnectAborted', producerSequence: 2, consumerSequence: 1, operationSequence: 2, newcomer: 'producer', gone: ['producer'], runs });
  });
  const c = (...callbacks: CallbackRun['callback'][]): CallbackRun[] => callbacks.map((callback) => run('consumer', callback));

  test('of an abort: how far it came, and what undid it on the side that could be reached', () => {
    for (const runs of [
      [], c('stop', 'start'), c('stop', 'add_producer', 'del_producer', 'start'), c('stop', 'add_producer', 'start', 'stop', 'del_producer', 'start'),
      [run('producer', 'stop'), run('producer', 'add_consumer'), ...c('stop', 'start')],
      [...c('stop'), run('consumer', 'add_producer', -110), ...c('del_producer', 'start')], [run('consumer', 'stop', -5), ...c('start')],
    ]) expectSound(abort(runs));
    expectSound(abort(c('add_producer', 'del_producer'), { consumer: ['add_producer', 'del_producer'] }));
    expectSound(abort(c('add_producer', 'start', 'del_producer', 'start'), { consumer: ['start', 'add_producer', 'del_producer'] }));
    expectSound(abort(c('stop', 'add_producer', 'del_producer'), { consumer: ['stop', 'add_producer', 'del_producer'] }));
  });

  test('of an abort: nothing out of turn, nothing left behind', () => {
    expectBroken(abort(c('stop')), 'runs', 'it leaves the consumer added or stopped');
    expectBroken(abort(c('stop', 'add_producer', 'start')), 'runs', 'it leaves the consumer added or stopped');
    for (const runs of [c('add_producer'), c('start'), c('stop', 'stop'), c('stop', 'del_producer', 'start'), c('stop', 'start', 'add_producer'), c('stop', 'add_producer', 'add_producer'), c('stop', 'start', 'start'), c('stop', 'add_producer', 'start', 'del_producer')]) {
      expectBroken(abort(runs), 'runs', 'which is not due there');
    }
    expectBroken(abort([run('consumer', 'stop', -5), ...c('add_producer')]), 'runs', 'it records add_producer of the consumer, which is not due there');
    expectBroken(abort([run('producer', 'stop')], { producer: [] }), 'runs', 'it records stop of the producer, which is not due there');
  });
});

function run(side: Side, callback: CallbackRun['callback'], result = 0): CallbackRun {
  return { side, callback, result, durationUs: 1, skipped: false };
}
