import { NO_FAULTS } from '../faults/fault-plan.ts';
import type { FaultCounts } from '../faults/fault-plan.ts';
import { catchUncaught, judge } from './judge.ts';
import type { Finding, JudgedRun } from './judge.ts';
import type { Shape } from './shape.ts';
import { Simulation } from './simulation.ts';
import type { RunOptions } from './simulation.ts';

/** What is kept of a judged run: small enough to pass between threads, for each of many thousand seeds. */
export interface SeedVerdict {
  readonly seed: number;
  readonly hash: string;
  readonly findings: readonly Finding[];
  readonly undecided: number;
  readonly faults: FaultCounts;
  readonly shape: Shape;
  /** Events in the log, clients' calls, and callbacks. */
  readonly events: number;
  readonly calls: number;
  readonly callbacks: number;
  readonly virtualMs: number;
  /** Of a run that failed: the lines of the trace before what was found first. */
  readonly lastLines: readonly string[];
}

export function verdictOf({ options, record, findings, undecided }: JudgedRun): SeedVerdict {
  const { history, hash, faults, shape, virtualMs, linesBefore } = record;
  return {
    seed: options.seed,
    hash,
    findings,
    undecided,
    faults,
    shape,
    events: history.log.length,
    calls: history.calls.length,
    callbacks: history.callbacks.length,
    virtualMs,
    lastLines: findings.length > 0 ? linesBefore(findings[0]!.moment) : [],
  };
}

/** Runs a seed in this thread. */
export async function verdictOn(options: RunOptions): Promise<SeedVerdict> {
  catchUncaught();
  return verdictOf(await judge(options));
}

/** The verdict on a run that could not be judged: it broke its thread, or never ended. Any of its faults may be the cause. */
export function brokenVerdict(options: RunOptions, sentence: string): SeedVerdict {
  const { shape, faults } = new Simulation(options);
  const possible = { ...NO_FAULTS, ...Object.fromEntries(faults.kinds.map((fault) => [fault, 1])) };
  return { seed: options.seed, hash: '', findings: [{ checker: 'processes', sentence }], undecided: 0, faults: possible, shape, events: 0, calls: 0, callbacks: 0, virtualMs: 0, lastLines: [] };
}
