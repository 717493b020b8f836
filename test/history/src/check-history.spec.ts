import { describe, expect, test } from '@jest/globals';
import { checkHistory } from './check-history.ts';
import type { History } from './history.ts';
import { connectedPair, disconnect, Story } from './testing/story.ts';

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

  test('what was refused and is registered later', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    story.returns(call, -16);
    story.storesRegistered(call);
    expect(durability(story.history())).toEqual([expect.stringContaining('registers what nobody asked for then')]);
    expect(durability({ ...story.history(), requestsRepeated: true })).toEqual([]);
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
});
