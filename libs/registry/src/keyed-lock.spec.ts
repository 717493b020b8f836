import { expect, test } from '@jest/globals';
import { KeyedLock } from './keyed-lock.ts';

test('tasks of one key run one after the other in the order of the calls, those of another beside them', async () => {
  const lock = new KeyedLock();
  const steps: string[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const first = lock.run('a', async () => {
    steps.push('a1 begins');
    await held;
    steps.push('a1 ends');
  });
  const second = lock.run('a', async () => void steps.push('a2'));
  await lock.run('b', async () => void steps.push('b'));
  expect(steps).toEqual(['a1 begins', 'b']);
  release();
  await Promise.all([first, second]);
  expect(steps).toEqual(['a1 begins', 'b', 'a1 ends', 'a2']);
});

test('a failing task tells its caller and does not hold up the next one; nothing is kept of a key that is free', async () => {
  const lock = new KeyedLock();
  const failing = lock.run('a', () => Promise.reject(new Error('broken')));
  const next = lock.run('a', async () => 'went on');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('went on');
  expect(lock.size).toBe(0);
});
