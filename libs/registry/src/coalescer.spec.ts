import { describe, expect, test } from '@jest/globals';
import { Coalescer, CoalescerFullError } from './coalescer.ts';

const OPTIONS = { maxInFlight: 1, maxBatch: 3, maxWaiting: 5 };

/** A coalescer whose batches the test answers when it likes. */
function gated(options = OPTIONS) {
  const batches: { readonly items: readonly number[]; readonly answer: (replies?: readonly string[]) => void; readonly fail: (error: Error) => void }[] = [];
  const send = (items: readonly number[]): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      batches.push({ items, answer: (replies = items.map((item) => `reply ${item}`)) => resolve(replies), fail: reject });
    });
  return { batches, coalescer: new Coalescer(send, options) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Coalescer', () => {
  test('calls made in one go share a batch; while it is on its way the next one gathers, in order', async () => {
    const { batches, coalescer } = gated();
    const calls = [1, 2].map((item) => coalescer.call(item));
    await turn();
    calls.push(...[3, 4, 5, 6].map((item) => coalescer.call(item)));
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2]]);
    batches[0]!.answer();
    await turn();
    batches[1]!.answer();
    await turn();
    batches[2]!.answer();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3, 4, 5], [6]]);
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4, 5, 6].map((item) => `reply ${item}`));
  });

  test('as many batches as allowed are on their way at once', async () => {
    const { batches, coalescer } = gated({ ...OPTIONS, maxInFlight: 2 });
    const calls = [coalescer.call(1)];
    await turn();
    calls.push(coalescer.call(2));
    await turn();
    calls.push(coalescer.call(3));
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2]]);
    batches[1]!.answer();
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2], [3]]);
    batches[0]!.answer();
    batches[2]!.answer();
    await Promise.all(calls);
  });

  test('what is beyond the bound is refused, and taken again when there is room', async () => {
    const { batches, coalescer } = gated();
    const first = coalescer.call(0);
    await turn();
    const waiting = [1, 2, 3, 4, 5].map((item) => coalescer.call(item));
    await expect(coalescer.call(6)).rejects.toThrow(CoalescerFullError);
    batches[0]!.answer();
    await turn();
    const late = coalescer.call(7);
    for (let batch = 1; batch <= 2; batch++) {
      batches[batch]!.answer();
      await turn();
    }
    await expect(Promise.all([first, ...waiting, late])).resolves.toHaveLength(7);
  });

  test('a batch that fails, or is answered in another number, fails its own calls only', async () => {
    const { batches, coalescer } = gated();
    const failing = coalescer.call(1);
    await turn();
    const short = coalescer.call(2);
    batches[0]!.fail(new Error('no answer'));
    await expect(failing).rejects.toThrow('no answer');
    await turn();
    batches[1]!.answer([]);
    await expect(short).rejects.toThrow('1 items were sent, 0 replies came');
    const good = coalescer.call(3);
    await turn();
    batches[2]!.answer();
    expect(await good).toBe('reply 3');
  });
});
