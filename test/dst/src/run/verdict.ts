import { NO_FAULTS } from '../faults/fault-plan.ts';
import type { FaultCounts } from '../faults/fault-plan.ts';
import type { Finding, JudgedRun } from './judge.ts';

/** What is kept of a judged run: small enough to pass between threads, for each of many thousand seeds. */
export interface SeedVerdict {
  readonly seed: number;
  readonly hash: string;
  readonly findings: readonly Finding[];
  readonly undecided: number;
  readonly faults: FaultCounts;
  /** Events in the log, clients' calls, and callbacks. */
  readonly events: number;
  readonly calls: number;
  readonly callbacks: number;
  readonly virtualMs: number;
  /** Of a run that failed: the lines of the trace before what was found first. */
  readonly lastLines: readonly string[];
}

export function verdictOf({ options, record, findings, undecided }: JudgedRun): SeedVerdict {
  const { history, hash, faults, virtualMs, linesBefore } = record;
  return {
    seed: options.seed,
    hash,
    findings,
    undecided,
    faults,
    events: history.log.length,
    calls: history.calls.length,
    callbacks: history.callbacks.length,
    virtualMs,
    lastLines: findings.length > 0 ? linesBefore(findings[0]!.moment) : [],
  };
}

/** The verdict on a run that could not be judged: it broke off, or never ended. */
export function brokenVerdict(seed: number, sentence: string): SeedVerdict {
  return { seed, hash: '', findings: [{ checker: 'processes', sentence }], undecided: 0, faults: NO_FAULTS, events: 0, calls: 0, callbacks: 0, virtualMs: 0, lastLines: [] };
}
