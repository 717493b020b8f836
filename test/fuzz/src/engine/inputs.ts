import fc from 'fast-check';
import type { FuzzTarget } from './fuzz-target.ts';
import { judge } from './judge.ts';
import type { Problem } from './judge.ts';

/** Inputs that one seed of fast-check makes; input K of a run is number K % BATCH of batch K / BATCH. */
export const BATCH = 200;

/** Shrinking ends after so long; an input that is slow takes long at each try. */
const SHRINK_MS = 15_000;

/** The inputs of a batch: the same for the same seed and target. */
export function batchOf<Input>(target: FuzzTarget<Input>, seed: number, batch: number): Input[] {
  return fc.sample(target.inputs, { seed: batchSeed(target.name, seed, batch), numRuns: BATCH });
}

/** 32 bits out of the run's seed, the target and the batch (FNV-1a). */
function batchSeed(name: string, seed: number, batch: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed} ${name} ${batch}`) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  return hash | 0;
}

export interface Shrunk<Input> {
  readonly input: Input;
  readonly problem: Problem;
  readonly tries: number;
}

/** The smallest input found that has the same kind of problem as the input of this number. */
export function shrink<Input>(target: FuzzTarget<Input>, seed: number, inputNumber: number, first: Shrunk<Input>, onTry: () => void): Shrunk<Input> {
  let smallest = first;
  let tries = 0;
  const endMs = performance.now() + SHRINK_MS;
  const property = fc.property(target.inputs, (input) => {
    tries += 1;
    onTry();
    if (performance.now() > endMs) return true;
    const { problem } = judge(target, input);
    if (problem?.cause !== first.problem.cause) return true;
    smallest = { input, problem, tries };
    return false;
  });
  fc.check(property, { seed: batchSeed(target.name, seed, Math.floor(inputNumber / BATCH)), path: String(inputNumber % BATCH), numRuns: 1 });
  return { ...smallest, tries };
}
