import { beforeEach, describe, expect, test } from '@jest/globals';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import type { BatchMessage, RegistryReplyMessage } from '@irqmesh/protocol';
import { ATTEMPT_MS, Batcher } from './batcher.ts';
import { NoAnswerError } from './registry-caller.ts';

interface Item {
  readonly requestId: string;
}

let clock: ManualClock;
let batches: BatchMessage<Item>[];
let answer: (batch: BatchMessage<Item>) => Promise<RegistryReplyMessage>;
let batcher: Batcher<Item>;
let ended: AbortController;

beforeEach(() => {
  clock = new ManualClock();
  batches = [];
  answer = async ({ items }) => ({ items: items.map(({ requestId }) => ({ requestId, settlement: 'settled', result: 0, message: '', warning: false })) });
  ended = new AbortController();
  batcher = new Batcher<Item>({
    clock,
    session: 's1',
    signal: ended.signal,
    send: (batch) => {
      batches.push(batch);
      return answer(batch);
    },
  });
});

const submit = (requestId: string) => batcher.submit({ requestId });
const sizes = (): number[] => batches.map(({ items }) => items.length);

/** Answers nothing until the function returned is called. */
function holdAnswers(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const answerNow = answer;
  answer = (batch) => promise.then(() => answerNow(batch));
  return resolve;
}

describe('gathering', () => {
  test('what is asked for in one go goes in one batch, with a deadline', async () => {
    await Promise.all([submit('a'), submit('b'), submit('c')]);
    expect(batches).toEqual([{ session: 's1', deadlineMs: clock.nowMs() + ATTEMPT_MS, items: [{ requestId: 'a' }, { requestId: 'b' }, { requestId: 'c' }] }]);
  });

  test('while a batch is on its way the next one gathers', async () => {
    const release = holdAnswers();
    const all = [submit('a')];
    await clock.settle();
    all.push(submit('b'));
    await clock.settle();
    all.push(submit('c'));
    release();
    await Promise.all(all);
    expect(sizes()).toEqual([1, 2]);
  });

  test('one that takes long holds the next back for a moment only', async () => {
    holdAnswers();
    void submit('a');
    await clock.settle();
    void submit('b');
    await clock.advance(24);
    expect(sizes()).toEqual([1]);
    await clock.advance(1);
    expect(sizes()).toEqual([1, 1]);
  });

  test('a batch is bounded, and so is how many are on their way', async () => {
    holdAnswers();
    for (let item = 0; item < 70 * 512; item++) void submit(`r${item}`);
    await clock.advance(10_000);
    expect(sizes()).toEqual(Array.from({ length: 64 }, () => 512));
  });

  test('leaves no timer behind', async () => {
    await submit('a');
    await clock.settle();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an attempt', () => {
  test('is answered by its own outcome', async () => {
    const [, second] = await Promise.all([submit('a'), submit('b')]);
    expect(second).toMatchObject({ kind: 'answered', outcome: { requestId: 'b' }, sentMs: 0, untilMs: ATTEMPT_MS });
  });

  test.each([
    ['nobody took it', new NoAnswerError('nobody', false), { kind: 'undelivered' }],
    ['somebody may have', new NoAnswerError('silence', true), { kind: 'unanswered', untilMs: ATTEMPT_MS }],
    ['the reply could not be read', new IrqBypassError(Errno.EIO, 'garbage'), { kind: 'unanswered', untilMs: ATTEMPT_MS }],
    ['it is not allowed', new IrqBypassError(Errno.EACCES, 'no'), { kind: 'refused', sentMs: 0 }],
  ])('without an answer tells whether %s', async (_what, error, expected) => {
    answer = () => Promise.reject(error);
    expect(await submit('a')).toMatchObject(expected);
  });

  test.each([
    ['refused as a whole', Errno.EINVAL, 'refused'],
    ['failed for a reason of the service', Errno.EIO, 'unanswered'],
  ])('%s is not answered', async (_what, errno, kind) => {
    answer = async () => ({ items: [], failure: new IrqBypassError(errno, 'why') });
    expect(await submit('a')).toMatchObject({ kind });
  });

  test('is unanswered by a reply that does not fit', async () => {
    answer = async () => ({ items: [{ requestId: 'other', settlement: 'settled', result: 0, message: '', warning: false }] });
    expect(await submit('a')).toMatchObject({ kind: 'unanswered' });
  });

  test('is not sent once the session is over', async () => {
    ended.abort();
    expect(await submit('a')).toEqual({ kind: 'undelivered' });
    expect(batches).toEqual([]);
  });
});
