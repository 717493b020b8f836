import { describe, expect, test } from '@jest/globals';
import { checkHistory } from './check-history.ts';
import type { History } from './history.ts';
import { connectedPair, disconnect, runsOf, Story } from './testing/story.ts';

const findings = (story: Story, settled = true) => checkHistory(story.history(), { settled }).violations.map(({ checker, sentence }) => `${checker}: ${sentence}`);

describe('a whole history', () => {
  test('of a pair that comes and stays, or goes, is in order', () => {
    const story = new Story();
    const pair = connectedPair(story);
    expect(findings(story)).toEqual([]);
    disconnect(story, pair);
    expect(findings(story)).toEqual([]);
  });
});

describe('durability', () => {
  const without = (history: History, sequence: number): History => ({ ...history, log: history.log.filter(({ event }) => event.sequence !== sequence) });
  const durability = (history: History) => checkHistory(history, { settled: false }).violations.filter(({ checker }) => checker === 'durability').map(({ sentence }) => sentence);

  test('an acknowledged registration or unregistration that is not in the log', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    const sequence = story.storesRegistered(call);
    story.returns(call);
    const unregister = story.unregisters(call);
    const end = story.storesUnregistered(sequence);
    story.returns(unregister);
    expect(durability(story.history())).toEqual([]);
    expect(durability(without(story.history(), end))).toEqual([expect.stringContaining('nothing in the log ends event 1')]);
    expect(durability(without(without(story.history(), end), sequence))).toEqual([expect.stringContaining('the log has no such registration'), expect.stringContaining('the log has no such registration')]);
  });

  test('one that was stored only after it was acknowledged', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    story.returns(call);
    story.storesRegistered(call);
    expect(durability(story.history())).toContainEqual(expect.stringContaining('was stored later'));
  });

  test('one request, or one message, twice in the log', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    story.storesUnregistered(story.storesRegistered(call));
    story.storesRegistered(call);
    expect(durability(story.history())).toContainEqual(expect.stringContaining('event 3 (ProducerRegistered of t) repeats event 1'));
  });

  test('a call that returned before its operation was settled', () => {
    const story = new Story();
    const consumer = story.registers('consumer', 'C');
    const consumerSequence = story.storesRegistered(consumer);
    story.returns(consumer);
    const producer = story.registers('producer', 'P');
    const producerSequence = story.storesRegistered(producer);
    story.returns(producer);
    expect(durability(story.history())).toEqual([expect.stringContaining('returned 0, and the operation of event 2')]);
    const pair = { producerSequence, consumerSequence };
    story.stores('t', { type: 'PairConnected', ...pair, operationSequence: producerSequence, runs: runsOf('connect') });
    expect(durability(story.history())).toEqual([expect.stringContaining('event 3 (PairConnected of t), which settled it, was stored later')]);
    const leaving = story.unregisters(consumer);
    const operationSequence = story.storesUnregistered(consumerSequence);
    story.returns(leaving);
    story.stores('t', { type: 'PairDisconnected', ...pair, operationSequence, runs: runsOf('disconnect') });
    expect(durability(story.history())).toContainEqual(expect.stringContaining('event 5 (PairDisconnected of t), which settled it, was stored later'));
    // Where only a span is known, its earliest moment counts.
    const { log, ...rest } = story.history();
    expect(durability({ ...rest, log: log.map((stored) => ({ ...stored, storedFrom: 0 })) })).toEqual([]);
  });

  test('what was refused and is registered later', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    story.returns(call, -16);
    const sequence = story.storesRegistered(call);
    const repeated = () => durability({ ...story.history(), requestsRepeated: true });
    expect(durability(story.history())).toEqual([expect.stringContaining('registers what nobody asked for then')]);
    // A late copy that the network made ends disowned or expired; what its client unregisters was none.
    expect(repeated()).toHaveLength(1);
    story.storesUnregistered(sequence, 'disowned');
    expect(durability(story.history())).toHaveLength(1);
    expect(repeated()).toEqual([]);
    const unasked = new Story();
    unasked.registers('producer', 'P');
    const early = unasked.storesRegistered(1);
    unasked.storesUnregistered(early, 'disowned');
    expect(durability({ ...unasked.history(), calls: [], requestsRepeated: true })).toHaveLength(1);
  });

  test('what nobody unregistered', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    const sequence = story.storesRegistered(call);
    story.returns(call);
    story.storesUnregistered(sequence);
    story.unregisters(call);
    expect(durability(story.history())).toEqual([expect.stringContaining('event 2 (ProducerUnregistered of t) unregisters producer host-a/P, and nobody had asked for that then')]);
    // The SDK undoes by itself what was registered after its caller had given up.
    const overdue = new Story();
    const late = overdue.registers('producer', 'P');
    overdue.returns(late, -110);
    overdue.storesUnregistered(overdue.storesRegistered(late));
    expect(durability(overdue.history())).toEqual([]);
  });

  test('what is stored long after its request was given up', () => {
    const told = (tell: (story: Story) => void) => {
      const story = new Story();
      const call = story.registers('producer', 'P');
      tell(story.returns(call, -110));
      story.storesRegistered(call);
      return durability(story.history());
    };
    // The SDK goes on by itself.
    expect(told((story) => story.waits(60_000))).toEqual([]);
    expect(told((story) => story.turn({ kind: 'lost', session: 's1' }).waits(4_000))).toEqual([]);
    expect(told((story) => story.turn({ kind: 'lost', session: 's1' }).waits(6_000))).toEqual([expect.stringContaining('or had given up')]);
    expect(told((story) => story.turn({ kind: 'killed' }).waits(6_000))).toHaveLength(1);
    expect(told((story) => story.returns(story.registers('producer', 'P', { token: 'u' }), -16).waits(6_000))).toHaveLength(1);
  });
});

describe('convergence', () => {
  test('an operation that is open at rest', () => {
    const story = new Story();
    const consumer = story.registers('consumer', 'C');
    story.storesRegistered(consumer);
    story.returns(consumer);
    story.storesRegistered(story.registers('producer', 'P'));
    expect(findings(story)).toContain('convergence: operation 2 of t is still open at rest');
    expect(findings(story, false)).toEqual([]);
  });

  test('a registration that the client holds and the log has not, and the other way round', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    const sequence = story.storesRegistered(call);
    story.returns(call);
    story.storesUnregistered(sequence, 'disowned');
    expect(findings(story)).toEqual([expect.stringContaining('still holds for its client, and the log has no such registration')]);
    const other = new Story();
    const refused = other.registers('producer', 'P');
    other.storesRegistered(refused);
    other.turn({ kind: 'killed' });
    expect(findings(other)).toEqual([expect.stringContaining('is registered in the log at rest, and no client holds it')]);
  });

  test('a participant that is left stopped, or added', () => {
    const story = new Story();
    const pair = connectedPair(story);
    story.runs(pair.producer, 'stop', 2);
    expect(findings(story)).toEqual(['convergence: producer host-a/P t is left stopped']);
    const added = new Story();
    const call = added.registers('producer', 'P');
    added.storesRegistered(call);
    added.returns(call).runs(call, 'stop', 1).runs(call, 'add_consumer', 1).runs(call, 'start', 1);
    expect(findings(added)).toContain('convergence: producer host-a/P t is not connected in the log, and is still added');
  });

  test('what is lost for good and left added', () => {
    const story = new Story();
    const pair = connectedPair(story);
    story.loses(pair.producer);
    const sequence = story.storesUnregistered(pair.producerSequence, 'session_expired');
    const runs = runsOf('disconnect').map((run) => (run.side === 'producer' ? { ...run, skipped: true } : run));
    for (const { side, callback } of runs) if (side === 'consumer') story.runs(pair.consumer, callback, sequence);
    story.stores('t', { type: 'PairDisconnected', producerSequence: pair.producerSequence, consumerSequence: pair.consumerSequence, operationSequence: sequence, runs });
    expect(findings(story)).toEqual(['convergence: producer host-a/P t is over, and left added']);
  });

  test('a quiesce group that is left stopped', () => {
    const halted = (result: number | 'hangs', tell: (story: Story) => void = () => {}) => {
      const story = new Story();
      const call = story.registers('producer', 'P', { group: 'vm' });
      story.storesRegistered(call);
      story.returns(call).runs(call, 'stop', 1, result);
      tell(story);
      return findings(story).filter((sentence) => sentence.startsWith('convergence'));
    };
    expect(halted(0)).toEqual(['convergence: quiesce group vm of host-a#1 is left stopped']);
    expect(halted(0, (story) => story.runs(1, 'start', 1))).toEqual([]);
    expect(halted('hangs')).toEqual([]);
    expect(halted(0, (story) => story.turn({ kind: 'killed' }))).not.toContainEqual(expect.stringContaining('quiesce group'));
  });

  test('a callback of an operation that the log has not', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    story.storesRegistered(call);
    story.returns(call).runs(call, 'stop', 7).runs(call, 'start', 7);
    expect(findings(story)).toEqual([expect.stringContaining('stop of producer host-a/P t in operation 7 was called, and the log has no such operation'), expect.stringContaining('start of producer')]);
  });
});
