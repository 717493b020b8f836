import { Progress } from '@irqmesh/test-cli';
import { runSeeds } from '../pool/seed-pool.ts';
import { catchUncaught, judge } from '../run/judge.ts';
import { verdictOf } from '../run/verdict.ts';
import { shrink } from '../shrink/shrink.ts';
import type { DstCommand } from './arguments.ts';
import { failureText, Report, reproduction } from './report.ts';

/** Failing seeds that are made smaller; one cause tends to fail many seeds. */
const MAX_SHRUNK = 2;
const LAST_LINES = 15;
const LAST_LINES_SHRUNK = 40;

/** Runs a range of seeds. @returns the exit status. */
export async function runRange({ first, last, jobs, firstFailure, choice }: DstCommand & { kind: 'seeds' }, interrupted: AbortSignal): Promise<number> {
  const report = new Report();
  const total = last - first + 1;
  const failed = new AbortController();
  const signal = AbortSignal.any([interrupted, failed.signal]);
  const progress = new Progress(() => `dst: ${report.done} of ${total} seeds, ${report.failed} failed, ${report.speed()}`);
  await runSeeds({
    first, last, jobs, choice, signal,
    onVerdict: (verdict) => {
      report.add(verdict);
      if (verdict.findings.length === 0) return;
      console.log(`${failureText(verdict, report.failures.length <= MAX_SHRUNK ? LAST_LINES : 0)}\n`);
      if (firstFailure) failed.abort();
    },
  });
  progress.stop();
  for (const { seed, hash } of report.failures.slice(0, MAX_SHRUNK)) if (hash !== '' && !signal.aborted) await shrinkSeed(seed, choice, interrupted);
  console.log(report.summary());
  if (interrupted.aborted) console.log(`interrupted after ${report.done} of ${total} seeds`);
  console.log(`dst: ${report.passed} passed, ${report.failed} failed`);
  if (interrupted.aborted) return 130;
  return report.failed === 0 && report.passed > 0 ? 0 : 1;
}

async function shrinkSeed(seed: number, choice: (DstCommand & { kind: 'seeds' })['choice'], signal: AbortSignal): Promise<void> {
  catchUncaught();
  const failing = await judge({ seed, ...choice });
  if (failing.findings.length === 0) {
    console.log(`seed ${seed} passed when it was run again: a run is not deterministic\n`);
    return;
  }
  let tries = 0;
  const progress = new Progress(() => `dst: making seed ${seed} smaller, ${tries} runs tried`);
  const smallest = await shrink(failing, { judge, onTried: (count) => (tries = count), signal });
  progress.stop();
  const { shape, history } = smallest.record;
  const lanes = shape.hosts.reduce((sum, host) => sum + host.lanes.length, 0);
  console.log(`seed ${seed} made smaller: ${shape.hosts.length} hosts, ${lanes} participants, ${shape.tokens.length} tokens, ${history.log.length} events`);
  console.log(`  ${reproduction(smallest.options)}`);
  console.log(`${failureText(verdictOf(smallest), LAST_LINES_SHRUNK)}\n`);
}
