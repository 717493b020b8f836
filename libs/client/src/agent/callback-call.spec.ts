import { beforeEach, expect, test } from '@jest/globals';
import { Errno, IrqBypassError, sleep } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import { callCallback } from './callback-call.ts';

let clock: ManualClock;
let errors: unknown[];

beforeEach(() => {
  clock = new ManualClock();
  errors = [];
});

async function answer(run: () => unknown) {
  const call = callCallback(run, { clock, deadlineMs: 100, onError: (error) => errors.push(error) });
  return { ...(await call.answer), returned: await call.returned };
}

test.each([
  ['nothing', () => undefined, 0],
  ['a number', () => 66311, 66311],
  ['a promise of nothing', async () => {}, 0],
  ['a promise of a number', async () => -16, -16],
  ['the least result', () => -(2 ** 31), -(2 ** 31)],
])('%s is its result', async (_what, run, result) => {
  expect(await answer(run)).toEqual({ result, durationUs: 0, overran: false, returned: result });
  expect(errors).toEqual([]);
});

test('throwing an IrqBypassError is its errno, and nobody is told', async () => {
  const run = (): never => {
    throw new IrqBypassError(-12, 'no memory for the mapping');
  };
  expect((await answer(run)).result).toBe(Errno.ENOMEM);
  expect(errors).toEqual([]);
});

test('any other throw is -EIO and is told', async () => {
  const error = new Error('boom');
  expect((await answer(() => Promise.reject(error))).result).toBe(Errno.EIO);
  expect(errors).toEqual([error]);
});

test.each([['true', true], ['a fraction', 0.5], ['a number beyond 32 bits', 2 ** 31], ['null', null], ['an object', {}]])('%s is no result: -EIO, and is told', async (_what, value) => {
  expect((await answer(() => value)).result).toBe(Errno.EIO);
  expect(errors[0]).toBeInstanceOf(TypeError);
});

test('an IrqBypassError that says 0 is no success', async () => {
  const run = (): never => {
    throw new IrqBypassError(0, 'fine');
  };
  expect((await answer(run)).result).toBe(Errno.EIO);
  expect(errors).toHaveLength(1);
});

test('measures from call to return', async () => {
  const answering = answer(() => sleep(clock, 40));
  await clock.advance(40);
  expect((await answering).durationUs).toBe(40_000);
});

test('rule 1: past the deadline it is -ETIMEDOUT, and what it returns comes later', async () => {
  const call = callCallback(() => sleep(clock, 150).then(() => 7), { clock, deadlineMs: 100, onError: () => {} });
  await clock.advance(100);
  expect(await call.answer).toEqual({ result: Errno.ETIMEDOUT, durationUs: 100_000, overran: true });
  await clock.advance(50);
  expect(await call.returned).toBe(7);
});

test('rule 1: one that blocks the process past its deadline is -ETIMEDOUT although it returned before any timer ran', async () => {
  const outcome = await answer(() => clock.stall(101));
  expect(outcome).toMatchObject({ result: Errno.ETIMEDOUT, overran: true, returned: 0 });
  expect(clock.pendingTimers).toBe(0);
});
