import { describe, expect, test } from '@jest/globals';
import { FAULTS } from '../faults/fault-kinds.ts';
import { NO_FAULTS } from '../faults/fault-plan.ts';
import type { Fault } from '../faults/fault-kinds.ts';
import type { RunOptions } from '../run/simulation.ts';
import { shrink } from './shrink.ts';
import type { TriedRun } from './shrink.ts';

const FULL = { hosts: 3, tokens: 4, lanes: 5, registries: 2, matchers: 3, loadMs: 40_000 };

/** A world that fails as long as it has what `fails` asks for. */
function judgeOf(fails: (world: typeof FULL & { has: (fault: Fault) => boolean }) => boolean) {
  return async (options: RunOptions): Promise<TriedRun> => {
    const limited = Object.fromEntries(Object.entries(FULL).map(([key, value]) => [key, Math.min(value, options.limits?.[key as keyof typeof FULL] ?? value)])) as typeof FULL;
    const has = (fault: Fault): boolean => options.without?.has(fault) !== true;
    const findings = fails({ ...limited, has }) ? [{ checker: 'model', sentence: 'wrong' }] : [];
    const faults = { ...NO_FAULTS, ...Object.fromEntries(FAULTS.filter(has).map((fault) => [fault, 1])) };
    const lanes = Array.from({ length: limited.lanes });
    const { loadMs, matchers, registries } = limited;
    const shape = { hosts: Array.from({ length: limited.hosts }, () => ({ lanes })), tokens: Array.from({ length: limited.tokens }), loadMs, matchers, registries: { producer: 1, consumer: registries } };
    return { options, verdict: { findings, shape, faults } } as unknown as TriedRun;
  };
}

async function shrunk(fails: Parameters<typeof judgeOf>[0], signal = new AbortController().signal) {
  const judge = judgeOf(fails);
  let tries = 0;
  const run = await shrink(await judge({ seed: 1, profile: 'swarm' }), { judge, onTried: (count) => (tries = count), signal });
  return { run, tries };
}

describe('making a failing run smaller', () => {
  test('takes away what the failure does not need, and keeps what it does', async () => {
    const { run, tries } = await shrunk(({ hosts, tokens, lanes, registries, matchers, loadMs, has }) => hosts >= 2 && tokens >= 1 && lanes >= 3 && registries === 2 && matchers >= 2 && loadMs > 12_000 && has('reply_lost') && has('partition'));
    expect(run.options.limits).toMatchObject({ hosts: 2, tokens: 1, lanes: 3, matchers: 2 });
    expect(run.options.limits!.loadMs).toBeLessThan(16_000);
    expect(FAULTS.filter((fault) => !run.options.without!.has(fault))).toEqual(['reply_lost', 'partition']);
    expect(run.options.limits).not.toHaveProperty('registries');
    expect(run.verdict.findings).toHaveLength(1);
    expect(tries).toBeLessThanOrEqual(150);
  });

  test('leaves alone what fails only as it is', async () => {
    const { run } = await shrunk(({ hosts, tokens, lanes, registries, matchers, loadMs, has }) => hosts === 3 && tokens === 4 && lanes === 5 && registries === 2 && matchers === 3 && loadMs === 40_000 && FAULTS.every(has));
    expect(run.options).toEqual({ seed: 1, profile: 'swarm' });
  });

  test('stops when told to', async () => {
    const { tries } = await shrunk(() => true, AbortSignal.abort());
    expect(tries).toBe(0);
  });
});
