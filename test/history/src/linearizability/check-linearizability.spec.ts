import { describe, expect, test } from '@jest/globals';
import type { History } from '../history.ts';
import { modelLog } from '../model/log-model.ts';
import { connectedPair, disconnect, Story } from '../testing/story.ts';
import { checkLinearizability } from './check-linearizability.ts';

const sentences = (history: History) => checkLinearizability(history, modelLog(history.log)).violations.map(({ sentence }) => sentence);

describe('linearizability of a history', () => {
  test('a pair that comes and goes is linearizable', () => {
    const story = new Story();
    disconnect(story, connectedPair(story));
    expect(sentences(story.history())).toEqual([]);
  });

  test('-EBUSY after the holder had unregistered is not', () => {
    const story = new Story();
    disconnect(story, connectedPair(story));
    story.returns(story.registers('producer', 'Q'), -16);
    expect(sentences(story.history())).toEqual([expect.stringContaining('register producer host-a/Q t) returned -16')]);
  });

  test('-EBUSY because of a registration that failed is not', () => {
    const story = new Story();
    const failing = story.registers('producer', 'P');
    story.storesRegistered(failing);
    story.returns(story.registers('producer', 'Q'), -16);
    story.returns(failing, -5);
    expect(sentences({ ...story.history(), log: [] })).toHaveLength(1);
  });

  test('what an agent that was killed had registered explains -EBUSY', () => {
    const story = new Story();
    story.storesRegistered(story.registers('producer', 'P'));
    story.turn({ kind: 'killed' });
    story.returns(story.registers('producer', 'Q'), -16);
    expect(sentences(story.history())).toEqual([]);
  });

  test('an expiry frees the token from when it is stored', () => {
    const story = new Story();
    const lost = story.registers('producer', 'P');
    const sequence = story.storesRegistered(lost);
    story.returns(lost).turn({ kind: 'killed' });
    const early = story.registers('producer', 'Q');
    story.returns(early, -16);
    story.storesUnregistered(sequence, 'session_expired');
    const late = story.registers('producer', 'R');
    story.storesRegistered(late);
    story.returns(late);
    expect(sentences(story.history())).toEqual([]);
    const busy = story.registers('producer', 'S');
    story.returns(busy, -16);
    expect(sentences(story.history())).toEqual([]);
    expect(sentences({ ...story.history(), calls: story.history().calls.filter(({ id }) => id !== late), log: story.history().log.slice(0, 2) })).toHaveLength(1);
  });

  test('a second registration of a participant is to be refused, and only then', () => {
    const story = new Story();
    const first = story.registers('producer', 'P', { token: 'a' });
    story.storesRegistered(first);
    story.returns(first);
    const second = story.registers('producer', 'P', { token: 'b' });
    story.storesRegistered(second);
    story.returns(second);
    expect(sentences(story.history())).toEqual([expect.stringContaining('it should have been refused with -22')]);
    const other = new Story();
    other.returns(other.registers('producer', 'P'), -22);
    expect(sentences(other.history())).toEqual([expect.stringContaining('nothing of its participant was registered')]);
    const without = new Story();
    without.returns(without.registers('consumer', 'C', { supplied: ['add_producer'] }), -22);
    expect(sentences(without.history())).toEqual([]);
  });
});
