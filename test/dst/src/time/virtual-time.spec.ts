import { describe, expect, test } from '@jest/globals';
import { VirtualTime } from './virtual-time.ts';

describe('virtual time', () => {
  test('lets things happen in the order of their moments, those of one moment as they were scheduled', async () => {
    const time = new VirtualTime();
    const happened: string[] = [];
    for (const [delayMs, name] of [[30, 'c'], [10, 'a'], [20, 'b'], [10, 'a2'], [10, 'a3']] as const) time.after(delayMs, () => happened.push(`${name} ${time.nowMs}`));
    await time.run(100);
    expect(happened).toEqual(['a 10', 'a2 10', 'a3 10', 'b 20', 'c 30']);
    expect(time.nowMs).toBe(100);
  });

  test('lets every promise go on before the next thing happens', async () => {
    const time = new VirtualTime();
    const happened: string[] = [];
    time.after(1, () => void (async () => {
      for (let step = 0; step < 50; step++) await Promise.resolve();
      happened.push('promise');
    })());
    time.after(1, () => happened.push('next'));
    await time.run(1);
    expect(happened).toEqual(['promise', 'next']);
  });

  test('does not let happen what was cancelled, nor what is later than asked', async () => {
    const time = new VirtualTime();
    const happened: number[] = [];
    const cancelled = time.after(5, () => happened.push(5));
    time.after(50, () => happened.push(50));
    cancelled.cancel();
    cancelled.cancel();
    await time.run(20);
    expect(happened).toEqual([]);
    await time.run(60);
    expect(happened).toEqual([50]);
  });

  test('keeps the order of many', async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    for (let index = 0; index < 500; index++) {
      const delayMs = (index * 7_919) % 503;
      time.after(delayMs, () => seen.push(delayMs));
    }
    await time.run(1_000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen).toHaveLength(500);
  });
});
