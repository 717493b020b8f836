import { describe, expect, test } from '@jest/globals';
import type { History } from '../history.ts';
import { IndexedHistory } from '../indexed-history.ts';
import { modelLog } from '../model/log-model.ts';
import { connectedPair, disconnect, Story } from '../testing/story.ts';
import { checkLinearizability } from './check-linearizability.ts';

const sentences = (history: History) => checkLinearizability(new IndexedHistory(history), modelLog(history.log)).violations.map(({ sentence }) => sentence);

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
    expect(sentences({ ...story.history(), log: [] })).toEqual([expect.stringContaining('no registration that failed so'), expect.stringContaining('in no order of the calls')]);
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

  test('a participant that is lost for good is free, one that is restored is not', () => {
    const lost = new Story();
    const first = lost.registers('producer', 'P');
    lost.storesRegistered(first);
    lost.returns(first).loses(first);
    lost.returns(lost.registers('producer', 'P'), -22);
    expect(sentences(lost.history())).toEqual([expect.stringContaining('nothing of its participant was registered')]);
    const restoring = new Story();
    const waiting = restoring.registers('producer', 'P', { token: 'a' });
    restoring.storesRegistered(waiting);
    restoring.returns(waiting).loses(waiting, true);
    restoring.returns(restoring.registers('producer', 'P', { token: 'b' }), -22);
    expect(sentences(restoring.history())).toEqual([]);
    restoring.restores(waiting);
    const second = restoring.registers('producer', 'P', { token: 'b' });
    restoring.storesRegistered(second);
    restoring.returns(second);
    expect(sentences(restoring.history())).toEqual([expect.stringContaining('it should have been refused with -22')]);
  });
});

describe('a result other than 0', () => {
  const returning = (result: number, tell: (story: Story, call: number) => void = () => {}) => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    tell(story, call);
    story.returns(call, result);
    return { ...story.history(), timing: { slackMs: 50, requestTimeoutMs: { 'host-a': 8_000 } } };
  };

  test('of a driver is in the log', () => {
    expect(sentences(returning(-5))).toContainEqual(expect.stringContaining('returned -5, and the log has no registration that failed so'));
    expect(sentences(returning(-11))).toContainEqual(expect.stringContaining('returned -11, and the log has no registration that failed so'));
    const failed = (result: number, claimed: number) =>
      returning(result, (story, call) => {
        const consumer = story.registers('consumer', 'C');
        story.storesRegistered(consumer);
        story.returns(consumer);
        story.storesRegistered(call);
        story.stores('t', { type: 'ConnectFailed', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: [], newcomer: 'producer', result: claimed });
      });
    expect(sentences(failed(-5, -5))).toEqual([]);
    expect(sentences(failed(-5, -71))).toEqual([expect.stringContaining('no registration that failed so')]);
    const { log, ...rest } = failed(-5, -5);
    expect(sentences({ ...rest, log: log.map((stored) => ({ ...stored, storedAt: stored.event.sequence < 3 ? stored.storedAt : 1_000 })) })).toEqual([expect.stringContaining('no registration that failed so')]);
    expect(sentences({ ...rest, log: log.map(({ event }) => ({ event })) })).toEqual([]);
  });

  test('-12 needs a limit that is in reach', () => {
    expect(sentences(returning(-12))).toEqual([expect.stringContaining('no limit of the services was in reach')]);
    expect(sentences({ ...returning(-12), limitsInReach: true })).toEqual([]);
  });

  test('-19 needs a session that was lost', () => {
    expect(sentences(returning(-19, (story) => story.turn({ kind: 'opened', session: 's1' })))).toEqual([expect.stringContaining('its agent had lost no session')]);
    expect(sentences(returning(-19, (story) => story.turn({ kind: 'opened', session: 's1' }).turn({ kind: 'lost', session: 's1' })))).toEqual([]);
    expect(sentences(returning(-19, (story) => story.turn({ kind: 'opened', session: 's1' }).turn({ kind: 'evicted', session: 's1' })))).toEqual([]);
    const before = new Story();
    before.turn({ kind: 'opened', session: 's1' }).turn({ kind: 'lost', session: 's1' }).turn({ kind: 'opened', session: 's2' });
    before.returns(before.registers('producer', 'P'), -19);
    expect(sentences(before.history())).toHaveLength(1);
  });

  test('-110 needs the patience of its caller, or a callback that overran', () => {
    expect(sentences(returning(-110))).toEqual([expect.stringContaining('its caller had waited for 0 ms of 8000 ms')]);
    expect(sentences(returning(-110, (story) => story.waits(7_990)))).toEqual([]);
    const story = new Story();
    const call = story.registers('producer', 'P');
    story.storesRegistered(call);
    story.returns(call);
    story.returns(story.unregisters(call), -5);
    expect(sentences(story.history())).toEqual([expect.stringContaining('an unregister returns nothing')]);
  });
});
