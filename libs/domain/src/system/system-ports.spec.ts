import { describe, expect, it } from '@jest/globals';
import { SystemClock } from './system-clock.ts';
import { SystemRandom } from './system-random.ts';

describe('SystemClock', () => {
  const clock = new SystemClock();

  it('runs a timer once, not before its delay', async () => {
    const startMs = clock.monotonicMs();
    let runs = 0;
    await new Promise<void>((resolve) => clock.after(20, () => resolve(void runs++)));
    // Node rounds delays to whole milliseconds of a clock that may be one behind.
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(18);
    await new Promise<void>((resolve) => clock.after(30, resolve));
    expect(runs).toBe(1);
  });

  it('does not run a cancelled timer, and cancels as often as asked', async () => {
    let ran = false;
    const timer = clock.after(5, () => void (ran = true));
    timer.cancel();
    timer.cancel();
    await new Promise<void>((resolve) => clock.after(20, resolve));
    expect(ran).toBe(false);
  });

  it('tells wall-clock time since 1970, apart from time that only grows', () => {
    expect(clock.nowMs()).toBeGreaterThan(Date.UTC(2024, 0));
    expect(clock.monotonicMs()).toBeLessThan(Date.UTC(2000, 0));
  });
});

describe('SystemRandom', () => {
  const random = new SystemRandom();

  it('makes ids of letters and digits that do not repeat', () => {
    const ids = Array.from({ length: 1000 }, () => random.id());
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{22}$/);
  });

  it('makes fractions from 0 up to but not including 1', () => {
    const fractions = Array.from({ length: 1000 }, () => random.fraction());
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...fractions)).toBeLessThan(1);
    expect(Math.max(...fractions) - Math.min(...fractions)).toBeGreaterThan(0.5);
  });
});
