import type { Fault } from '../faults/fault-kinds.ts';
import type { Finding, JudgedRun } from '../run/judge.ts';
import type { ShapeLimits } from '../run/shape.ts';
import type { RunOptions } from '../run/simulation.ts';

/** Runs that are tried for one failing seed. */
const MAX_TRIES = 150;
const SHORTEST_LOAD_MS = 500;
const LOAD_PARTS = [0.25, 0.5, 0.75, 0.9];

export interface ShrinkOptions {
  /** Runs a smaller world and judges it. */
  readonly judge: (options: RunOptions) => Promise<JudgedRun>;
  /** Told after each run how many have been tried. */
  readonly onTried: (tries: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a failing run smaller as long as the same checker still finds something: fewer hosts, tokens and participants,
 * a shorter load, fewer kinds of fault. What is left draws the same random numbers as before, so most of it stays.
 */
export async function shrink(failing: JudgedRun, options: ShrinkOptions): Promise<JudgedRun> {
  const shrinker = new Shrinker(failing, options);
  for (let before: JudgedRun | undefined; before !== shrinker.smallest; ) {
    before = shrinker.smallest;
    await shrinker.shrinkShape();
    await shrinker.leaveOutFaults();
  }
  return shrinker.smallest;
}

class Shrinker {
  smallest: JudgedRun;
  private tries = 0;
  private readonly wanted: readonly Finding[];
  private readonly options: ShrinkOptions;

  constructor(failing: JudgedRun, options: ShrinkOptions) {
    this.smallest = failing;
    this.wanted = failing.findings;
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
    const fails = run.findings.some(({ checker }) => this.wanted.some((finding) => finding.checker === checker));
    if (fails) this.smallest = run;
    return fails;
  }
}

/** Smaller shapes, those that take most away first. */
function* smallerShapes({ record: { shape } }: JudgedRun): Generator<ShapeLimits> {
  const { hosts, tokens, loadMs } = shape;
  const lanes = Math.max(...hosts.map((host) => host.lanes.length));
  if (hosts.length > 1) yield { hosts: 1 };
  if (hosts.length > 2) yield { hosts: hosts.length - 1 };
  if (tokens.length > 1) yield { tokens: 1 };
  if (tokens.length > 2) yield { tokens: tokens.length - 1 };
  for (const part of LOAD_PARTS) if (loadMs * part >= SHORTEST_LOAD_MS) yield { loadMs: Math.floor(loadMs * part) };
  if (lanes > 1) yield { lanes: lanes - 1 };
}

/** Kinds of fault that struck. */
function struck({ record: { faults } }: JudgedRun): Fault[] {
  return (Object.entries(faults) as [Fault, number][]).filter(([, count]) => count > 0).map(([fault]) => fault);
}
