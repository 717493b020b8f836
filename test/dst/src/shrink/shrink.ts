import type { Fault } from '../faults/fault-kinds.ts';
import { judge } from '../run/judge.ts';
import type { Finding, JudgedRun } from '../run/judge.ts';
import type { ShapeLimits } from '../run/shape.ts';
import type { RunOptions } from '../run/simulation.ts';

/** Runs that are tried for one failing seed. */
const MAX_TRIES = 150;
const SHORTEST_LOAD_MS = 500;

export interface ShrinkProgress {
  readonly tries: number;
  readonly smallest: RunOptions;
}

/**
 * Makes a failing run smaller as long as the same checker still finds something: fewer hosts, tokens and participants,
 * a shorter load, fewer kinds of fault. What is left draws the same random numbers as before, so most of it stays.
 */
export async function shrink(failing: JudgedRun, onProgress: (progress: ShrinkProgress) => void, signal: AbortSignal): Promise<JudgedRun> {
  let smallest = failing;
  let tries = 0;
  for (let progressed = true; progressed && tries < MAX_TRIES; ) {
    progressed = false;
    for (const options of candidates(smallest)) {
      if (tries >= MAX_TRIES || signal.aborted) return smallest;
      tries += 1;
      const run = await judge(options);
      onProgress({ tries, smallest: smallest.options });
      if (!findsTheSame(run.findings, failing.findings)) continue;
      smallest = run;
      progressed = true;
      break;
    }
  }
  return smallest;
}

/** Smaller runs, those that take most away first. */
function* candidates({ options, record }: JudgedRun): Generator<RunOptions> {
  const { limits = {}, without = new Set<Fault>() } = options;
  const { hosts, tokens, loadMs } = record.shape;
  const smaller = (change: ShapeLimits): RunOptions => ({ ...options, limits: { ...limits, ...change } });
  const lanes = Math.max(...hosts.map((host) => host.lanes.length));
  if (hosts.length > 1) yield smaller({ hosts: 1 });
  if (hosts.length > 2) yield smaller({ hosts: hosts.length - 1 });
  if (tokens.length > 1) yield smaller({ tokens: 1 });
  for (const part of [0.25, 0.5, 0.75, 0.9]) if (loadMs * part >= SHORTEST_LOAD_MS) yield smaller({ loadMs: Math.floor(loadMs * part) });
  if (lanes > 1) yield smaller({ lanes: lanes - 1 });
  if (tokens.length > 2) yield smaller({ tokens: tokens.length - 1 });
  for (const fault of struck(record.faults)) yield { ...options, without: new Set([...without, fault]) };
}

/** Kinds of fault that struck, the rarest last: it is the likeliest cause. */
function struck(faults: JudgedRun['record']['faults']): Fault[] {
  const kinds = Object.entries(faults) as [Fault, number][];
  return kinds.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a).map(([fault]) => fault);
}

function findsTheSame(findings: readonly Finding[], wanted: readonly Finding[]): boolean {
  return findings.some(({ checker }) => wanted.some((finding) => finding.checker === checker));
}
