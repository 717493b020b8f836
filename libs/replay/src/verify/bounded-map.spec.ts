import { expect, test } from '@jest/globals';
import { BoundedMap } from './bounded-map.ts';

test('once it is full the oldest eighth is forgotten, and counted', () => {
  const map = new BoundedMap<number, string>(16);
  for (let key = 1; key <= 16; key++) map.set(key, `value ${key}`);
  map.set(1, 'put in again');
  expect(map.forgotten).toBe(0);
  map.set(17, 'one more');
  expect(map.forgotten).toBe(3);
  expect([2, 3, 4].map((key) => map.get(key))).toEqual([undefined, undefined, undefined]);
  expect([1, 5, 17].map((key) => map.get(key))).toEqual(['put in again', 'value 5', 'one more']);
});

test('forgetting takes no longer the more there is to keep', () => {
  // In microseconds of the processor, so that a busy machine does not count.
  const cost = (limit: number): number => {
    const map = new BoundedMap<number, number>(limit);
    for (let key = 0; key < limit; key++) map.set(key, key);
    const before = process.cpuUsage().user;
    for (let key = 0; key < 65_536; key++) map.set(limit + key, key);
    return process.cpuUsage().user - before;
  };
  // Where each step looks past all that was deleted, the second takes more than a hundred times as long.
  cost(1_024);
  expect(cost(65_536)).toBeLessThan(30 * cost(1_024) + 100_000);
});
