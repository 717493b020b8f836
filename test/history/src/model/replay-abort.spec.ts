import { describe, expect, test } from '@jest/globals';
import { CALLBACKS } from '@irqmesh/domain';
import type { Callback, CallbackRun, Side } from '@irqmesh/domain';
import { replayAbort } from './replay-abort.ts';

const ALL = { producer: CALLBACKS.producer, consumer: CALLBACKS.consumer };

/** Each is `side.callback`, with `=result` for one that failed. */
function runs(...texts: readonly string[]): CallbackRun[] {
  return texts.map((text) => {
    const [, side, callback, result = '0'] = /^(\w+)\.(\w+)(?:=(.*))?$/.exec(text)!;
    return { side: side as Side, callback: callback as Callback, result: Number(result), durationUs: 1, skipped: false };
  });
}

const ILLEGAL = expect.stringContaining('not the beginning of a connect');

describe('a connect that an expiry cut off', () => {
  test('before anything was called', () => {
    expect(replayAbort([], ALL, ['consumer'])).toBeUndefined();
    expect(replayAbort([], ALL, ['producer', 'consumer'])).toBeUndefined();
  });

  test('is undone at the side that can be reached, and no more than that', () => {
    expect(replayAbort(runs('producer.stop', 'producer.start'), ALL, ['consumer'])).toBeUndefined();
    expect(replayAbort(runs('consumer.stop', 'producer.stop', 'producer.add_consumer', 'producer.del_consumer', 'producer.start'), ALL, ['consumer'])).toBeUndefined();
    expect(replayAbort(runs('producer.stop', 'producer.add_consumer', 'producer.start', 'producer.stop', 'producer.del_consumer', 'producer.start'), ALL, ['consumer'])).toBeUndefined();
    expect(replayAbort(runs('producer.stop'), ALL, ['consumer'])).toEqual(ILLEGAL);
    expect(replayAbort(runs('producer.stop', 'producer.add_consumer', 'producer.start'), ALL, ['consumer'])).toEqual(ILLEGAL);
    expect(replayAbort(runs('producer.stop', 'producer.del_consumer', 'producer.start'), ALL, ['consumer'])).toEqual(ILLEGAL);
  });

  test('an add that failed leaves nothing to delete; one that overran may', () => {
    expect(replayAbort(runs('producer.stop', 'producer.add_consumer=-5', 'producer.start'), ALL, ['consumer'])).toBeUndefined();
    expect(replayAbort(runs('producer.stop', 'producer.add_consumer=-5', 'producer.del_consumer', 'producer.start'), ALL, ['consumer'])).toEqual(ILLEGAL);
    expect(replayAbort(runs('producer.stop', 'producer.add_consumer=-110', 'producer.start'), ALL, ['consumer'])).toBeUndefined();
    expect(replayAbort(runs('producer.stop', 'producer.add_consumer=-110', 'producer.del_consumer', 'producer.start'), ALL, ['consumer'])).toBeUndefined();
  });

  test('backwards, or out of order, is none', () => {
    expect(replayAbort(runs('producer.start', 'producer.del_consumer', 'producer.add_consumer', 'producer.stop'), ALL, ['consumer'])).toEqual(ILLEGAL);
    expect(replayAbort(runs('consumer.add_producer', 'producer.stop', 'producer.start'), ALL, ['consumer'])).toEqual(ILLEGAL);
  });

  test('a side that is gone answered no more than the other had come to', () => {
    expect(replayAbort(runs('consumer.stop', 'producer.start'), ALL, ['consumer'])).toEqual(ILLEGAL);
    // The answer of the producer's add was given to a matcher that is gone too.
    expect(replayAbort(runs('consumer.stop', 'consumer.add_producer', 'consumer.del_producer', 'consumer.start'), ALL, ['producer'])).toBeUndefined();
    expect(replayAbort(runs('producer.stop', 'producer.add_consumer=-5', 'consumer.stop', 'consumer.add_producer', 'consumer.del_producer', 'consumer.start'), ALL, ['producer'])).toEqual(ILLEGAL);
  });

  test('with both gone nothing more is undone', () => {
    expect(replayAbort(runs('producer.stop', 'consumer.stop', 'producer.add_consumer'), ALL, ['producer', 'consumer'])).toBeUndefined();
    expect(replayAbort(runs('producer.add_consumer', 'consumer.stop'), ALL, ['producer', 'consumer'])).toEqual(ILLEGAL);
  });

  test('what is not supplied was not called, and nothing is skipped', () => {
    expect(replayAbort(runs('producer.stop', 'producer.start'), { ...ALL, producer: ['add_consumer'] }, ['consumer'])).toContain('does not supply it');
    expect(replayAbort(runs('producer.stop').map((run) => ({ ...run, skipped: true })), ALL, ['consumer'])).toContain('only a disconnect skips');
  });
});
