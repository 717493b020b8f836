import type { FuzzTarget, Outcome } from './fuzz-target.ts';
import { takePollution } from './prototypes.ts';

/** An input that takes longer is a finding. */
export const SLOW_MS = 1_000;
/** How often a slow input is read again: the first reading may have had to wait for a collection, or for the compiler. */
const SLOW_REPEATS = 2;

/**
 * Milliseconds on this thread's processor time, so that a busy machine makes no findings; on the clock where Node (before
 * 23.9) does not tell.
 */
export function threadMs(): number {
  if (typeof process.threadCpuUsage !== 'function') return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** What is wrong with an input. */
export interface Problem {
  readonly kind: 'crash' | 'slow' | 'pollution';
  readonly sentence: string;
  /** The same for inputs that most likely have one cause. */
  readonly cause: string;
}

export interface Judgement {
  readonly outcome: Outcome | undefined;
  readonly ms: number;
  readonly problem: Problem | undefined;
}

/** Feeds one input to the target: once, and again when it was slow. */
export function judge<Input>(target: FuzzTarget<Input>, input: Input): Judgement {
  let best = runOnce(target, input);
  for (let count = 0; count < SLOW_REPEATS && best.problem === undefined && best.ms > SLOW_MS; count++) {
    const again = runOnce(target, input);
    if (again.problem !== undefined || again.ms < best.ms) best = again;
  }
  if (best.problem !== undefined || best.ms <= SLOW_MS) return best;
  return { ...best, problem: { kind: 'slow', sentence: `took ${Math.round(best.ms)} ms, more than ${SLOW_MS}`, cause: 'slow' } };
}

function runOnce<Input>(target: FuzzTarget<Input>, input: Input): Judgement {
  const startMs = threadMs();
  let outcome: Outcome | undefined;
  let problem: Problem | undefined;
  try {
    outcome = target.run(input);
  } catch (error) {
    problem = crash(error);
  }
  const ms = threadMs() - startMs;
  const polluted = takePollution();
  if (polluted.length > 0) problem = { kind: 'pollution', sentence: `added ${polluted.join(', ')}`, cause: `pollution ${polluted.join()}` };
  return { outcome, ms, problem };
}

const MAX_FRAMES = 6;

function crash(error: unknown): Problem {
  if (!(error instanceof Error)) return { kind: 'crash', sentence: `threw ${String(error)}, which is no error`, cause: 'no error' };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const sentence = [`threw ${error.name}: ${error.message}`, ...frames.slice(0, MAX_FRAMES)].join('\n');
  // The message holds the input, as a rule; where it was thrown does not.
  return { kind: 'crash', sentence, cause: `${error.name} ${frames[0]?.trim() ?? ''}` };
}
