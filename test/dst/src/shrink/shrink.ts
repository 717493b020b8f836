import type { Fault } from '../faults/fault-kinds.ts';
import type { Finding } from '../run/judge.ts';
import type { ShapeLimits } from '../run/shape.ts';
import type { RunOptions } from '../run/simulation.ts';
import type { SeedVerdict } from '../run/verdict.ts';

/** Runs that are tried for one failing seed. */
const MAX_TRIES = 150;
const SHORTEST_LOAD_MS = 500;
const LOAD_PARTS = [0.25, 0.5, 0.75, 0.9];

/** A run, and what was found in it. */
export interface TriedRun {
  readonly options: RunOptions;
  readonly verdict: Pick<SeedVerdict, 'findings' | 'shape' | 'faults'>;
}

export interface ShrinkOptions<Run extends TriedRun> {
  /** Runs a smaller world and judges it; undefined when it was interrupted. */
  readonly judge: (options: RunOptions) => Promise<Run | undefined>;
  /** Told after each run how many have been tried. */
  readonly onTried: (tries: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a failing run smaller as long as the same checker still finds something: fewer hosts, tokens, participants and
 * services, a shorter load, fewer kinds of fault. What is left draws the same random numbers as before, so most of it stays.
 */
export async function shrink<Run extends TriedRun>(failing: Run, options: ShrinkOptions<Run>): Promise<Run> {
  const shrinker = new Shrinker(failing, options);
  for (let before: Run | undefined; before !== shrinker.smallest; ) {
    before = shrinker.smallest;
    await shrinker.shrinkShape();
    await shrinker.leaveOutFaults();
  }
  return shrinker.smallest;
}

class Shrinker<Run extends TriedRun> {
  smallest: Run;
  private tries = 0;
  private readonly wanted: readonly Finding[];
  private readonly options: ShrinkOptions<Run>;

  constructor(failing: Run, options: ShrinkOptions<Run>) {
    this.smallest = failing;
    this.wanted = failing.verdict.findings;
    this.options = options;
  }

  /** Takes the first smaller shape that still fails, and goes on from there until none does. */
  async shrinkShape(): Promise<void> {
    for (let progressed = true; progressed; ) {
      progressed = false;
      for (const limits of smallerShapes(this.smallest)) {
        if (!(await this.try({ ...this.smallest.options, limits: { ...this.smallest.options.limits, ...limits } }))) continue;
        progressed = true;
        break;
      }
    }
  }

  /** Leaves out kinds of fault: half of those that struck at a time, then fewer, at last each by itself. */
  async leaveOutFaults(): Promise<void> {
    let left = struck(this.smallest);
    for (let size = Math.ceil(left.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < left.length; ) {
        const part = left.slice(from, from + size);
        const without = new Set([...(this.smallest.options.without ?? []), ...part]);
        if (await this.try({ ...this.smallest.options, without })) left = left.filter((fault) => !part.includes(fault));
        else from += size;
      }
    }
  }

  /** Whether the run still fails; then it is the smallest. */
  private async try(options: RunOptions): Promise<boolean> {
    if (this.tries >= MAX_TRIES || this.options.signal.aborted) return false;
    const run = await this.options.judge(options);
    this.options.onTried(++this.tries);
    if (run === undefined || !run.verdict.findings.some(({ checker }) => this.wanted.some((finding) => finding.checker === checker))) return false;
    this.smallest = run;
    return true;
  }
}

/** Smaller shapes, those that take most away first. */
function* smallerShapes({ verdict: { shape } }: TriedRun): Generator<ShapeLimits> {
  const { hosts, tokens, loadMs, matchers } = shape;
  const lanes = Math.max(...hosts.map((host) => host.lanes.length));
  const registries = Math.max(shape.registries.producer, shape.registries.consumer);
  if (hosts.length > 1) yield { hosts: 1 };
  if (hosts.length > 2) yield { hosts: hosts.length - 1 };
  if (tokens.length > 1) yield { tokens: 1 };
  if (tokens.length > 2) yield { tokens: tokens.length - 1 };
  for (const part of LOAD_PARTS) if (loadMs * part >= SHORTEST_LOAD_MS) yield { loadMs: Math.floor(loadMs * part) };
  if (lanes > 1) yield { lanes: lanes - 1 };
  if (matchers > 1) yield { matchers: matchers - 1 };
  if (registries > 1) yield { registries: registries - 1 };
}

/** Kinds of fault that struck. */
function struck({ verdict: { faults } }: TriedRun): Fault[] {
  return (Object.entries(faults) as [Fault, number][]).filter(([, count]) => count > 0).map(([fault]) => fault);
}
