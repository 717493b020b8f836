import { describe, expect, test } from '@jest/globals';
import type { PairEvent } from '@irqmesh/domain';
import { IndexedHistory } from '../indexed-history.ts';
import { connectedPair, disconnect, runsOf, Story } from '../testing/story.ts';
import { checkModel } from './check-model.ts';
import { modelLog } from './log-model.ts';

function findings(story: Story): string[] {
  const history = story.indexed();
  return checkModel(history, modelLog(history.log)).map(({ sentence }) => sentence);
}

/** A consumer and a producer stand at events 1 and 2, their connect is open; `event` settles it. */
function settledBy(event: PairEvent, tell: (story: Story) => void = () => {}): string[] {
  const story = new Story();
  story.storesRegistered(story.registers('consumer', 'C'));
  story.storesRegistered(story.registers('producer', 'P'));
  tell(story);
  story.stores('t', event);
  const history = story.history();
  return modelLog(history.log).violations.map(({ sentence }) => sentence);
}

const OUTCOME = { producerSequence: 2, consumerSequence: 1, operationSequence: 2 };

describe('the log, replayed through the kernel model', () => {
  test('a pair that comes and goes is as the kernel has it', () => {
    const story = new Story();
    disconnect(story, connectedPair(story));
    expect(findings(story)).toEqual([]);
  });

  test('callbacks out of order, left out, or too many', () => {
    const runs = runsOf('connect');
    expect(settledBy({ type: 'PairConnected', ...OUTCOME, runs })).toEqual([]);
    expect(settledBy({ type: 'PairConnected', ...OUTCOME, runs: [runs[1]!, runs[0]!, ...runs.slice(2)] })).toEqual([expect.stringContaining('stop of the producer is due as callback 1')]);
    expect(settledBy({ type: 'PairConnected', ...OUTCOME, runs: runs.slice(0, 5) })).toEqual([expect.stringContaining('it records no further callback')]);
    expect(settledBy({ type: 'PairConnected', ...OUTCOME, runs: [...runs, runs[5]!] })).toEqual([expect.stringContaining('which is not due')]);
  });

  test('a result that its callbacks do not make', () => {
    const failing = runsOf('connect', { 'consumer.add_producer': 66_311 });
    const del = { ...failing[0]!, callback: 'del_consumer' as const };
    const runs = [...failing.slice(0, 4), del, ...failing.slice(4)];
    expect(settledBy({ type: 'ConnectFailed', ...OUTCOME, runs, newcomer: 'producer', result: 66_311 })).toEqual([]);
    expect(settledBy({ type: 'ConnectFailed', ...OUTCOME, runs, newcomer: 'producer', result: -5 })).toEqual([expect.stringContaining('make the result 66311, it says -5')]);
    expect(settledBy({ type: 'ConnectFailed', ...OUTCOME, runs: failing, newcomer: 'producer', result: 66_311 })).toEqual([expect.stringContaining('del_consumer of the producer is due')]);
    expect(settledBy({ type: 'PairConnected', ...OUTCOME, runs })).toEqual([expect.stringContaining('make the result 66311, it says 0')]);
    expect(settledBy({ type: 'ConnectFailed', ...OUTCOME, runs: runsOf('connect'), newcomer: 'producer', result: 0 })).toHaveLength(1);
  });

  test('an abort without an expiry in the log, and a success after one', () => {
    const aborted = { type: 'ConnectAborted', ...OUTCOME, runs: [], newcomer: 'producer', gone: ['consumer'] } as const;
    expect(settledBy(aborted)).toEqual([expect.stringContaining('no expiry before it in the log says so')]);
    expect(settledBy(aborted, (story) => story.storesUnregistered(1, 'session_expired'))).toEqual([]);
    // It counts for nothing, so the connect stays open, and an abort settles it.
    const story = new Story();
    story.storesRegistered(story.registers('consumer', 'C'));
    story.storesRegistered(story.registers('producer', 'P'));
    story.storesUnregistered(1, 'session_expired');
    story.stores('t', { type: 'PairConnected', ...OUTCOME, runs: runsOf('connect') });
    expect(modelLog(story.history().log).tokens.get('t')!.open).toEqual([2, 3]);
    story.stores('t', aborted);
    expect(modelLog(story.history().log).tokens.get('t')).toMatchObject({ open: [], connected: false, holders: { consumer: undefined, producer: { sequence: 2 } } });
  });

  test('an abort that names the wrong newcomer, undoes nothing, or leaves an add out', () => {
    const aborted = { type: 'ConnectAborted', ...OUTCOME, runs: runsOf('connect').slice(0, 1), newcomer: 'producer', gone: ['consumer'] } as const;
    const expiring = (event: PairEvent) => settledBy(event, (story) => story.storesUnregistered(1, 'session_expired'));
    expect(expiring({ ...aborted, newcomer: 'consumer', runs: [] })).toEqual([expect.stringContaining('the newcomer is the producer')]);
    expect(expiring(aborted)).toEqual([expect.stringContaining('not the beginning of a connect and what undoes it at the producer')]);
    const story = new Story();
    story.storesRegistered(story.registers('consumer', 'C'));
    story.storesRegistered(story.registers('producer', 'P'));
    story.runs(2, 'stop', 2).runs(2, 'add_consumer', 2).runs(2, 'del_consumer', 2).runs(2, 'start', 2).runs(1, 'add_producer', 2);
    story.storesUnregistered(1, 'session_expired');
    story.stores('t', { ...aborted, runs: [] });
    // What the consumer had run, which is gone, nobody can tell any more.
    expect(findings(story)).toEqual([expect.stringContaining('add_consumer of producer host-a/P t in operation 2 was called, and event 4 (ConnectAborted of t) does not record it')]);
  });

  test('two outcomes of one operation', () => {
    const story = new Story();
    connectedPair(story);
    story.stores('t', { type: 'PairConnected', ...OUTCOME, runs: runsOf('connect') });
    expect(findings(story)).toEqual([expect.stringContaining('operation 2 is not the one to be settled')]);
  });

  test('two holders of one side, and one participant under two tokens', () => {
    const story = new Story();
    story.storesRegistered(story.registers('producer', 'P'));
    story.storesRegistered(story.registers('producer', 'Q'));
    expect(findings(story)).toEqual([expect.stringContaining("the token's producer stood already")]);
    const twice = new Story();
    const first = twice.registers('producer', 'P', { token: 'a' });
    const early = twice.storesRegistered(first);
    const second = twice.registers('producer', 'P', { token: 'b' });
    twice.storesRegistered(second);
    expect(findings(twice)).toEqual([expect.stringContaining('was registered already, by event 1')]);
    // A late copy of a request ends disowned, and nobody was told of it.
    const repeated = (story: Story) => checkModel(new IndexedHistory({ ...story.history(), requestsRepeated: true }), modelLog(story.history().log));
    expect(repeated(twice)).toHaveLength(1);
    twice.storesUnregistered(early, 'disowned');
    expect(repeated(twice)).toEqual([]);
    twice.returns(first);
    expect(repeated(twice)).toHaveLength(1);
  });

  test('an unregister that names nothing, or ends what has ended', () => {
    const story = new Story();
    const sequence = story.storesRegistered(story.registers('producer', 'P'));
    story.storesUnregistered(sequence);
    story.storesUnregistered(sequence);
    expect(findings(story)).toEqual([expect.stringContaining('had been ended by event 2')]);
  });

  test('callbacks that the log records and nobody saw, or with another result', () => {
    const story = new Story();
    const consumer = story.registers('consumer', 'C');
    story.storesRegistered(consumer);
    const producer = story.registers('producer', 'P');
    story.storesRegistered(producer);
    for (const { side, callback } of runsOf('connect').slice(1)) story.runs(side === 'producer' ? producer : consumer, callback, 2, callback === 'add_producer' ? -5 : 0);
    story.stores('t', { type: 'PairConnected', ...OUTCOME, runs: runsOf('connect') });
    expect(findings(story)).toEqual([expect.stringContaining('result 0 of stop of producer host-a/P, and it was never called'), expect.stringContaining('result 0 of add_producer of consumer host-a/C, and it returned -5')]);
  });

  test('an add that was called and that the outcome does not record', () => {
    const story = new Story();
    connectedPair(story);
    story.runs(1, 'add_producer', 2);
    expect(findings(story)).toEqual([]);
    const failed = new Story();
    const consumer = failed.registers('consumer', 'C');
    failed.storesRegistered(consumer);
    const producer = failed.registers('producer', 'P');
    failed.storesRegistered(producer);
    const runs = runsOf('connect', { 'producer.add_consumer': -5 }).filter(({ callback }) => callback !== 'add_producer');
    for (const { side, callback, result } of runs) failed.runs(side === 'producer' ? producer : consumer, callback, 2, result);
    failed.runs(consumer, 'add_producer', 2);
    failed.stores('t', { type: 'ConnectFailed', ...OUTCOME, runs, newcomer: 'producer', result: -5 });
    expect(findings(failed)).toEqual([expect.stringContaining('add_producer of consumer host-a/C t in operation 2 was called, and event 3 (ConnectFailed of t) does not record it')]);
  });

  test('a register that returned 0 and that the log refuses', () => {
    const story = new Story();
    const consumer = story.registers('consumer', 'C');
    story.storesRegistered(consumer);
    const producer = story.registers('producer', 'P');
    story.storesRegistered(producer);
    const runs = runsOf('connect', { 'producer.add_consumer': -5 }).filter(({ callback }) => callback !== 'add_producer');
    for (const { side, callback, result } of runs) story.runs(side === 'producer' ? producer : consumer, callback, 2, result);
    story.stores('t', { type: 'ConnectFailed', ...OUTCOME, runs, newcomer: 'producer', result: -5 });
    story.returns(producer);
    expect(findings(story)).toEqual([expect.stringContaining('returned 0, and the log makes it -5')]);
  });
});
