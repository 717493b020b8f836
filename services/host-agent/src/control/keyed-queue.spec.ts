import { describe, expect, it } from '@jest/globals';
import { KeyedQueue } from './keyed-queue.ts';

describe('KeyedQueue', () => {
  it('runs tasks of one key one after the other, also after a failure, and of two keys at once', async () => {
    const queue = new KeyedQueue(8);
    const order: string[] = [];
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const first = queue.run('a', async () => {
      await gate;
      order.push('a1');
      throw new Error('a1 failed');
    });
    const second = queue.run('a', async () => void order.push('a2'));
    await queue.run('b', async () => void order.push('b1'));
    release();
    await expect(first).rejects.toThrow('a1 failed');
    await second;
    expect(order).toEqual(['b1', 'a1', 'a2']);
  });

  it('refuses what is too much with -EBUSY, and takes more once there is room', async () => {
    const queue = new KeyedQueue(1);
    let release = (): void => {};
    const first = queue.run('a', () => new Promise<void>((resolve) => (release = resolve)));
    await expect(queue.run('a', async () => 1)).rejects.toThrow('-16 (EBUSY): 1 requests for a wait already');
    await Promise.resolve();
    release();
    await first;
    expect(await queue.run('a', async () => 2)).toBe(2);
  });
});
