import { describe, expect, it } from '@jest/globals';
import { batchOf } from '../engine/inputs.ts';
import { judge, SLOW_MS, threadMs } from '../engine/judge.ts';
import { RoundTripError, sameAgain } from '../engine/round-trip.ts';
import { targets as realTargets } from '../targets/index.ts';
import { targets } from '../testing/broken-targets.ts';
import { newProgress } from './messages.ts';
import type { Finding, WorkerMessage } from './messages.ts';
import { runInputs } from './run-inputs.ts';

function run(name: string, to: number): { findings: Finding[]; messages: WorkerMessage[] } {
  const messages: WorkerMessage[] = [];
  const target = targets.find((each) => each.name === name)!;
  const progress = newProgress();
  runInputs(target, { targetName: name, targetsUrl: '', seed: 1, from: 0, to, untilMs: Infinity, progress }, (message) => messages.push(message));
  return { messages, findings: messages.flatMap((message) => (message.kind === 'finding' ? [message.finding] : [])) };
}

describe('a target that is broken', () => {
  it('is found by what it throws, with the smallest input, and told three times at most for one cause', () => {
    const { findings } = run('crashes', 400);
    expect(findings).toHaveLength(3);
    expect(findings[0]).toMatchObject({ target: 'crashes', kind: 'crash', input: '"x"' });
    expect(findings[0]!.sentence).toMatch(/^threw TypeError: cannot read x/);
    const target = targets.find(({ name }) => name === 'crashes')!;
    expect(batchOf(target, 1, 0)[findings[0]!.inputNumber]).toContain('x');
  });

  it('is found by the prototype that it changes, which is put right again', () => {
    expect(run('pollutes', 200).findings[0]).toMatchObject({ kind: 'pollution', sentence: 'added Object.prototype.b', input: JSON.stringify('{"__proto__":{"b":1}}') });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('is found by the memory that it keeps, and ended', () => {
    const { findings, messages } = run('leaks', 20_000);
    expect(findings.map(({ kind }) => kind)).toEqual(['memory']);
    expect(findings[0]!.sentence).toMatch(/^the heap grew from .* MiB after collections, by more than 16.0 MiB$/);
    expect(messages.at(-1)).toEqual({ kind: 'done' });
  });

  it('is found by the time that it takes', () => {
    const busy = () => {
      for (const endMs = threadMs() + 1.2 * SLOW_MS; threadMs() < endMs; );
      return 'accepted' as const;
    };
    const slow = { ...targets[0]!, run: busy };
    expect(judge(slow, 'a').problem).toMatchObject({ kind: 'slow' });
  }, 60_000);

  it('is found by what it reads back', () => {
    expect(() => sameAgain({ a: 1, b: new Error('x') }, { a: 1, b: new Error('x') })).not.toThrow();
    expect(() => sameAgain({ a: 1 }, { a: 2 })).toThrow(RoundTripError);
    expect(() => sameAgain(new Error('x'), new Error('y'))).toThrow(RoundTripError);
  });
});

describe('a target that is sound', () => {
  it('has nothing found; all its inputs are counted', () => {
    const { findings, messages } = run('sound', 350);
    expect(findings).toEqual([]);
    const batches = messages.flatMap((message) => (message.kind === 'batch' ? [message] : []));
    expect(batches.map(({ inputs }) => inputs)).toEqual([200, 150]);
    expect(batches.reduce((sum, { accepted, refused }) => sum + accepted + refused, 0)).toBe(350);
  });
});

describe('the targets', () => {
  it.each(realTargets)('$name: the same seed gives the same inputs, some read and some refused', (target) => {
    const inputs = batchOf(target, 7, 3);
    expect(batchOf(target, 7, 3)).toEqual(inputs);
    expect(batchOf(target, 8, 3)).not.toEqual(inputs);
    const outcomes = new Set(inputs.map((input) => judge(target, input).outcome));
    expect(outcomes).toEqual(new Set(['accepted', 'refused']));
  });
});
