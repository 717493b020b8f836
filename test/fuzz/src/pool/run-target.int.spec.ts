import { describe, expect, it } from '@jest/globals';
import { BATCH, batchOf } from '../engine/inputs.ts';
import { HANGING, targets } from '../testing/broken-targets.ts';
import { emptyResult, runTarget } from './run-target.ts';
import type { TargetResult } from './run-target.ts';

// Threads run the built code; `npm test` builds it first.
const DIST = new URL('../../dist/', import.meta.url);
const MODULES = { targetsUrl: new URL('testing/broken-targets.js', DIST).href, workerUrl: new URL('pool/fuzz-worker.js', DIST) };

async function run(name: string, { from, to, hungAfterMs = 2_000, signal = new AbortController().signal }: { from: number; to: number; hungAfterMs?: number; signal?: AbortSignal }): Promise<TargetResult> {
  const target = targets.find((each) => each.name === name)!;
  const result = emptyResult(name);
  await runTarget({ target, ...MODULES, seed: 1, from, to, forMs: Infinity, hungAfterMs, signal, onFinding: () => undefined }, result);
  return result;
}

function numberOf(name: string, wanted: unknown): number {
  const target = targets.find((each) => each.name === name)!;
  for (let batch = 0; ; batch++) {
    const at = batchOf(target, 1, batch).indexOf(wanted);
    if (at !== -1) return batch * BATCH + at;
  }
}

describe('runTarget', () => {
  it('ends an input that hangs, names it, and goes on after it', async () => {
    const hanging = numberOf('hangs', HANGING);
    const { inputs, findings } = await run('hangs', { from: hanging, to: hanging + 2 });
    expect(findings).toEqual([{ target: 'hangs', kind: 'hang', inputNumber: hanging, sentence: 'had not ended after 2 s (not made smaller)', input: String(HANGING) }]);
    expect(inputs).toBe(2);
  }, 60_000);

  it('ends inputs that are never made, and gives the target up', async () => {
    const { findings } = await run('makes-for-ever', { from: 0, to: 100_000 });
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.every(({ kind, sentence, input }) => kind === 'hang' && sentence.startsWith('making the inputs from here on had not ended') && input === undefined)).toBe(true);
  }, 60_000);

  it('names an input that breaks its thread', async () => {
    const { findings } = await run('exhausts', { from: 5, to: 6, hungAfterMs: 60_000 });
    expect(findings).toMatchObject([{ kind: 'crash', inputNumber: 5 }]);
    expect(findings[0]!.sentence).toMatch(/^broke its thread: .*memory/);
  }, 120_000);

  it('counts what a thread did, and passes its findings on', async () => {
    expect(await run('sound', { from: 0, to: 500 })).toMatchObject({ inputs: 500, findings: [] });
    expect((await run('crashes', { from: 0, to: 200 })).findings).toHaveLength(3);
  }, 60_000);

  it('ends at once when it is told to', async () => {
    const { inputs } = await run('sound', { from: 0, to: 2 ** 31, signal: AbortSignal.timeout(3_000) });
    expect(inputs).toBeLessThan(2 ** 31);
  }, 60_000);
});
