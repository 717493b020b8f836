import { describe, expect, it } from '@jest/globals';
import { CallsUnderWay } from './calls-under-way.ts';

const NEVER = new AbortController().signal;

describe('CallsUnderWay', () => {
  it('takes as many calls as it may', () => {
    const calls = new CallsUnderWay({ calls: 2, bytes: 1000 });
    expect([calls.enter(1), calls.enter(1), calls.enter(1)]).toEqual([true, true, false]);
    calls.leave(1);
    expect(calls.enter(1)).toBe(true);
  });

  it('takes as many bytes as it may, and one call of any size', () => {
    const calls = new CallsUnderWay({ calls: 9, bytes: 100 });
    expect([calls.enter(60), calls.enter(40), calls.enter(1)]).toEqual([true, true, false]);
    calls.leave(60);
    calls.leave(40);
    expect([calls.enter(500), calls.enter(1)]).toEqual([true, false]);
  });

  it('is idle when the last call has left', async () => {
    const calls = new CallsUnderWay({ calls: 9, bytes: 100 });
    await calls.idle(NEVER);
    calls.enter(1);
    calls.enter(1);
    let idle = false;
    const waiting = calls.idle(NEVER).then(() => (idle = true));
    calls.leave(1);
    await Promise.resolve();
    expect(idle).toBe(false);
    calls.leave(1);
    await waiting;
    expect(calls.count).toBe(0);
  });

  it('is no longer waited for after an abort', async () => {
    const calls = new CallsUnderWay({ calls: 9, bytes: 100 });
    calls.enter(1);
    await calls.idle(AbortSignal.timeout(5));
    await calls.idle(AbortSignal.abort());
    expect(calls.count).toBe(1);
  });
});
