import { Worker } from 'node:worker_threads';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { BATCH, batchOf } from '../engine/inputs.ts';
import { pasteable } from '../engine/show.ts';
import { AT_INPUT, MAKING, newProgress, RUNS } from './messages.ts';
import type { Finding, WorkerMessage, WorkerTask } from './messages.ts';

/** Loading the program and sampling the corpus come before the first input. */
const STARTED_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 250;
/** Hangs of one target after which it is given up: each takes as long as `hungAfterMs`. */
const MAX_HANGS = 3;
/** No input may need more. */
const MAX_WORKER_HEAP_MB = 768;

/** What became of a target. */
export interface TargetResult {
  readonly target: string;
  inputs: number;
  accepted: number;
  refused: number;
  slowestMs: number;
  growthBytes: number;
  readonly findings: Finding[];
}

export interface TargetRun {
  readonly target: FuzzTarget;
  readonly targetsUrl: string;
  readonly workerUrl: URL;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** How long it runs; Infinity when only the count ends it. */
  readonly forMs: number;
  /** An input that has not ended after so long is taken for one that never will. */
  readonly hungAfterMs: number;
  readonly signal: AbortSignal;
  readonly onFinding: (finding: Finding) => void;
}

/** Runs a target's inputs on a thread of their own; resolves when they are done, or the signal is aborted. `result` grows meanwhile. */
export async function runTarget(run: TargetRun, result: TargetResult): Promise<void> {
  const untilMs = Date.now() + run.forMs;
  let { from } = run;
  for (let hangs = 0; from < run.to && Date.now() < untilMs && hangs < MAX_HANGS && !run.signal.aborted; hangs++) {
    const lost = await runWorker(run, { from, untilMs }, result);
    if (lost === undefined) return;
    // The batch that was under way has told nothing; its inputs up to the lost one were run.
    result.inputs += lost.inputNumber - Math.max(from, Math.floor(lost.inputNumber / BATCH) * BATCH) + 1;
    result.findings.push(lost);
    run.onFinding(lost);
    from = lost.inputNumber + 1;
  }
}

/** A result that nothing has been counted in. */
export function emptyResult(target: string): TargetResult {
  return { target, inputs: 0, accepted: 0, refused: 0, slowestMs: 0, growthBytes: 0, findings: [] };
}

/** One worker until it is done; @returns the finding for which it had to be ended. */
function runWorker(run: TargetRun, { from, untilMs }: { from: number; untilMs: number }, result: TargetResult): Promise<Finding | undefined> {
  const { target, targetsUrl, workerUrl, seed, to, hungAfterMs, signal, onFinding } = run;
  const progress = newProgress();
  Atomics.store(progress, AT_INPUT, from);
  const workerData: WorkerTask = { targetName: target.name, targetsUrl, seed, from, to, untilMs, progress };
  const worker = new Worker(workerUrl, { workerData, resourceLimits: { maxOldGenerationSizeMb: MAX_WORKER_HEAP_MB } });
  return new Promise((resolve) => {
    const end = (finding?: Finding): void => {
      clearInterval(watchdog);
      signal.removeEventListener('abort', onAbort);
      void worker.terminate().then(() => resolve(finding));
    };
    const onAbort = (): void => end();
    const lose = (kind: Finding['kind'], sentence: string): void => {
      const inputNumber = Atomics.load(progress, AT_INPUT);
      // What hangs while inputs are made would hang here as well.
      const making = Atomics.load(progress, MAKING) === 1;
      if (making) end({ target: target.name, kind, inputNumber, sentence: `making the inputs from here on ${sentence}: the fault is the target's own`, input: undefined });
      else end({ target: target.name, kind, inputNumber, sentence, input: pasteable(inputOf(target, seed, inputNumber)) });
    };
    let seen = { runs: 0, atMs: performance.now() };
    const watchdog = setInterval(() => {
      const runs = Atomics.load(progress, RUNS);
      if (runs !== seen.runs) seen = { runs, atMs: performance.now() };
      else if (performance.now() - seen.atMs > (runs === 0 ? STARTED_AFTER_MS : hungAfterMs)) lose('hang', `had not ended after ${hungAfterMs / 1_000} s (not made smaller)`);
    }, LOOK_EVERY_MS);
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'done') end();
      else if (message.kind === 'batch') count(message, result);
      else {
        result.findings.push(message.finding);
        onFinding(message.finding);
      }
    });
    worker.on('error', (error: unknown) => lose('crash', `broke its thread: ${error instanceof Error ? error.message : String(error)}`));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function count(batch: WorkerMessage & { kind: 'batch' }, result: TargetResult): void {
  result.inputs += batch.inputs;
  result.accepted += batch.accepted;
  result.refused += batch.refused;
  result.slowestMs = Math.max(result.slowestMs, batch.slowestMs);
  result.growthBytes = Math.max(result.growthBytes, batch.growthBytes);
}

function inputOf(target: FuzzTarget, seed: number, inputNumber: number): unknown {
  return batchOf(target, seed, Math.floor(inputNumber / BATCH))[inputNumber % BATCH];
}
