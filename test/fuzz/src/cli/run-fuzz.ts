import { availableParallelism } from 'node:os';
import { grouped, Progress } from '@irqmesh/test-cli';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import type { Finding } from '../pool/messages.ts';
import { emptyResult, runTarget } from '../pool/run-target.ts';
import type { TargetResult } from '../pool/run-target.ts';
import type { FuzzCommand } from './arguments.ts';
import { findingText, speed, table } from './report.ts';

/** Ten times what is a finding: the worker measures what ends, on its processor time; what it waits for on a busy machine is not the input's. */
const HUNG_AFTER_MS = 10_000;

/** Where the worker finds the targets, and itself. */
export interface Modules {
  readonly targetsUrl: string;
  readonly workerUrl: URL;
}

/** What a target is run for: its share. */
interface Job {
  readonly target: FuzzTarget;
  readonly from: number;
  readonly to: number;
  readonly forMs: number;
  readonly result: TargetResult;
}

/** Runs the targets, each on a thread of its own, as many at once as there are processors. @returns the exit status. */
export async function runFuzz(command: FuzzCommand & { kind: 'run' }, targets: readonly FuzzTarget[], modules: Modules, signal: AbortSignal): Promise<number> {
  const { seed, amount } = command;
  const chosen = targets.filter(({ name }) => command.targets.includes(name));
  const lanes = Math.min(availableParallelism(), chosen.length);
  const jobs = chosen.map((target, at): Job => {
    const to = 'inputs' in amount ? Math.floor(amount.inputs / chosen.length) + (at < amount.inputs % chosen.length ? 1 : 0) : Infinity;
    const forMs = 'minutes' in amount ? (amount.minutes * 60_000 * lanes) / chosen.length : Infinity;
    return { target, from: 0, to, forMs, result: emptyResult(target.name) };
  });
  return runJobs(jobs.filter(({ to }) => to > 0), { seed, lanes, modules, signal });
}

/** Runs one input. @returns the exit status. */
export async function runOneInput(command: FuzzCommand & { kind: 'input' }, targets: readonly FuzzTarget[], modules: Modules, signal: AbortSignal): Promise<number> {
  const { seed, inputNumber } = command;
  const target = targets.find(({ name }) => name === command.target)!;
  const job = { target, from: inputNumber, to: inputNumber + 1, forMs: Infinity, result: emptyResult(target.name) };
  return runJobs([job], { seed, lanes: 1, modules, signal });
}

async function runJobs(jobs: readonly Job[], { seed, lanes, modules, signal }: { seed: number; lanes: number; modules: Modules; signal: AbortSignal }): Promise<number> {
  const startedMs = performance.now();
  const results = jobs.map(({ result }) => result);
  const inputs = () => results.reduce((sum, result) => sum + result.inputs, 0);
  const findings = () => results.reduce((sum, result) => sum + result.findings.length, 0);
  const seconds = () => (performance.now() - startedMs) / 1_000;
  const underWay = new Set<string>();
  console.log(`seed ${seed}`);
  const progress = new Progress(() => `fuzz: ${grouped(inputs())} inputs, ${findings()} findings, ${grouped(inputs() / seconds())} a second, at ${[...underWay].join(', ')}`);
  const onFinding = (finding: Finding): void => console.log(`${findingText(finding, seed)}\n`);
  const waiting = [...jobs];
  const runLane = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined && !signal.aborted; job = waiting.shift()) {
      underWay.add(job.target.name);
      await runTarget({ ...modules, ...job, hungAfterMs: HUNG_AFTER_MS, seed, signal, onFinding }, job.result);
      underWay.delete(job.target.name);
    }
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
  progress.stop();
  return summarize(results, { inputs: inputs(), seconds: seconds(), interrupted: signal.aborted });
}

function summarize(results: readonly TargetResult[], { inputs, seconds, interrupted }: { inputs: number; seconds: number; interrupted: boolean }): number {
  const ran = results.filter((result) => result.inputs > 0);
  const failed = results.filter(({ findings }) => findings.length > 0).length;
  console.log(`${table(ran)}\n\n${speed(inputs, seconds)}`);
  if (interrupted) console.log(`interrupted: ${ran.length} of ${results.length} targets had run, not all to their end`);
  console.log(`fuzz: ${ran.length - failed} passed, ${failed} failed`);
  if (interrupted) return 130;
  return failed === 0 ? 0 : 1;
}
