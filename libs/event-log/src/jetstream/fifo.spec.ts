import { describe, expect, it } from '@jest/globals';
import { Fifo } from './fifo.ts';

describe('Fifo', () => {
  it('gives back what was put in, in order, however puts and takes mix', () => {
    const fifo = new Fifo<number>();
    const taken: number[] = [];
    let put = 0;
    for (let round = 0; round < 100; round++) {
      for (let count = 0; count < round % 7; count++) fifo.push(put++);
      for (let count = 0; count < round % 5; count++) {
        expect(fifo.first).toBe(fifo.length > 0 ? taken.length : undefined);
        const item = fifo.shift();
        if (item !== undefined) taken.push(item);
      }
      expect(fifo.length).toBe(put - taken.length);
    }
    while (fifo.length > 0) taken.push(fifo.shift()!);
    expect(taken).toEqual(Array.from({ length: put }, (_, at) => at));
    expect(fifo.shift()).toBeUndefined();
    expect(fifo.first).toBeUndefined();
  });
});
