import { describe, expect, test } from '@jest/globals';
import type { Callback } from '@irqmesh/domain';
import { modelLog } from '../model/log-model.ts';
import { connectedPair, disconnect, Story } from '../testing/story.ts';
import { checkCallbacks } from './check-callbacks.ts';
import { checkFencing } from './check-fencing.ts';

/** What is found in a producer's callbacks; each is `callback operation`, `!` for one that failed, `?` for one that never returned. */
function findings(...callbacks: readonly string[]): string[] {
  const story = new Story();
  const call = story.registers('producer', 'P');
  for (const text of callbacks) {
    const [, name, mark, operation] = /^(\w+?)([!?]?) (\d+)$/.exec(text)!;
    story.runs(call, name as Callback, Number(operation), mark === '?' ? 'hangs' : mark === '!' ? -5 : 0);
  }
  return checkCallbacks(story.indexed()).violations.map(({ sentence }) => sentence.replace(/^.*was called /, ''));
}

describe('the callbacks of a participant', () => {
  test('a connect, a disconnect, a connect that fails, and one that is rolled back are in order', () => {
    expect(findings('stop 1', 'add_consumer 1', 'start 1', 'stop 2', 'del_consumer 2', 'start 2', 'stop 3', 'add_consumer! 3', 'start 3')).toEqual([]);
    expect(findings('stop 1', 'add_consumer 1', 'start 1', 'stop 1', 'del_consumer 1', 'start 1')).toEqual([]);
    expect(findings('stop 1', 'start 1')).toEqual([]);
  });

  test('a start without a stop', () => {
    expect(findings('start 1')).toEqual(['without a stop before it']);
    expect(findings('stop 1', 'start 1', 'start 1')).toEqual(['without a stop before it', 'twice for one operation']);
  });

  test('a stop without a start between', () => {
    expect(findings('stop 1', 'stop 2')).toEqual(['a second time without a start between']);
  });

  test('add and del do not alternate', () => {
    expect(findings('stop 1', 'add_consumer 1', 'start 1', 'stop 2', 'add_consumer 2')).toEqual(['although it was added already']);
    expect(findings('stop 1', 'del_consumer 1')).toEqual(['without a successful add before it']);
    expect(findings('stop 1', 'add_consumer! 1', 'del_consumer 1')).toEqual(['without a successful add before it']);
  });

  test('an add while it runs', () => {
    expect(findings('add_consumer 1')).toEqual(['without a stop before it']);
  });

  test('a step twice for one operation', () => {
    expect(findings('stop 1', 'add_consumer! 1', 'add_consumer! 1')).toEqual(['twice for one operation']);
  });

  test('an older operation after a newer one', () => {
    expect(findings('stop 5', 'start 5', 'stop 4')).toEqual(['after a callback of operation 5, which is newer']);
  });

  test('a callback while another runs', () => {
    expect(findings('stop 1', 'add_consumer? 1', 'start 1')).toEqual(['while add_consumer of operation 1 had not returned']);
  });

  test('a callback after unregister resolved', () => {
    const story = new Story();
    const pair = connectedPair(story);
    disconnect(story, pair);
    expect(checkCallbacks(story.indexed()).violations).toEqual([]);
    story.runs(pair.producer, 'stop', 9);
    expect(checkCallbacks(story.indexed()).violations).toEqual([expect.objectContaining({ sentence: expect.stringContaining('had resolved') })]);
  });

  test('a member of a quiesce group is added only while somebody holds the group stopped', () => {
    const story = new Story();
    const one = story.registers('producer', 'P', { group: 'vm' });
    const two = story.registers('producer', 'Q', { group: 'vm' });
    story.runs(one, 'stop', 1).runs(two, 'add_consumer', 2).runs(one, 'add_consumer', 1);
    expect(checkCallbacks(story.indexed()).violations).toEqual([]);
    story.runs(one, 'start', 1).runs(two, 'del_consumer', 3);
    expect(checkCallbacks(story.indexed()).violations).toEqual([expect.objectContaining({ sentence: expect.stringContaining('while it was not stopped, in quiesce group vm') })]);
  });
});

describe('a quiesce group', () => {
  test('is not started while a member that halts it is added', () => {
    const story = new Story();
    const one = story.registers('producer', 'P', { group: 'vm' });
    const two = story.registers('producer', 'Q', { group: 'vm' });
    story.runs(one, 'stop', 1).runs(two, 'add_consumer', 2, 'hangs').runs(one, 'start', 1);
    expect(checkCallbacks(story.indexed()).violations).toEqual([expect.objectContaining({ sentence: expect.stringContaining('while add_consumer of producer Q in operation 2 had not returned, in quiesce group vm') })]);
  });
});

describe('a register that came to nothing', () => {
  const findingsAfter = (result: number) => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    story.returns(call, result).runs(call, 'stop', 1);
    return checkCallbacks(story.indexed()).violations.map(({ sentence }) => sentence);
  };

  test('calls nothing any more', () => {
    expect(findingsAfter(-5)).toEqual([expect.stringContaining('after call 1 (register producer host-a/P t) had returned -5')]);
    expect(findingsAfter(-110)).toEqual([]);
    expect(findingsAfter(-19)).toEqual([]);
  });

  test('starts its quiesce group when the last has left, which may be later', () => {
    const story = new Story();
    const call = story.registers('producer', 'P', { group: 'vm' });
    story.runs(call, 'stop', 1).runs(call, 'add_consumer', 1).runs(call, 'del_consumer', 1).returns(call, -5).runs(call, 'start', 1);
    expect(checkCallbacks(story.indexed()).violations).toEqual([]);
    const stopping = new Story();
    const refused = stopping.registers('producer', 'P', { group: 'vm' });
    stopping.returns(refused, -5).runs(refused, 'stop', 1);
    expect(checkCallbacks(stopping.indexed()).violations).toHaveLength(1);
  });

  test('has called nothing where it was refused', () => {
    const story = new Story();
    const call = story.registers('producer', 'P');
    story.runs(call, 'stop', 1).returns(call, -16);
    expect(checkCallbacks(story.indexed()).violations).toEqual([expect.objectContaining({ sentence: expect.stringContaining('was refused with -16') })]);
  });
});

describe('a registration that is taken for gone', () => {
  const expired = (tell: (story: Story) => void) => {
    const story = new Story();
    story.turn({ kind: 'opened', session: 's1' });
    const pair = connectedPair(story);
    tell(story);
    story.storesUnregistered(pair.producerSequence, 'session_expired');
    const history = story.indexed();
    return checkFencing(history, modelLog(history.log)).map(({ sentence }) => sentence);
  };

  test('is torn down by then', () => {
    expect(expired(() => {})).toEqual([expect.stringContaining('still added was producer host-a/P t')]);
    expect(expired((story) => story.runs(2, 'stop', 2).runs(2, 'del_consumer', 2).runs(2, 'start', 2))).toEqual([]);
  });

  test('is excused when its agent was killed, stood still, or was evicted', () => {
    expect(expired((story) => story.turn({ kind: 'killed' }))).toEqual([]);
    expect(expired((story) => story.turn({ kind: 'paused' }))).toEqual([]);
    expect(expired((story) => story.turn({ kind: 'evicted', session: 's1' }))).toEqual([]);
    expect(expired((story) => story.turn({ kind: 'evicted', session: 'another' }))).toHaveLength(1);
  });

  test('is not excused by what befell its agent before or after', () => {
    const told = (before: boolean) => {
      const story = new Story();
      if (before) story.turn({ kind: 'paused' });
      story.turn({ kind: 'opened', session: 's1' });
      story.storesUnregistered(connectedPair(story).producerSequence, 'session_expired');
      if (!before) story.turn({ kind: 'paused' });
      return checkFencing(story.indexed(), modelLog(story.history().log));
    };
    expect(told(true)).toHaveLength(1);
    expect(told(false)).toHaveLength(1);
  });
});
