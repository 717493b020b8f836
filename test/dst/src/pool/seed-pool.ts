import { Worker } from 'node:worker_threads';
import type { RunChoice } from '../cli/arguments.ts';
import type { RunOptions } from '../run/simulation.ts';
import { brokenVerdict } from '../run/verdict.ts';
import type { SeedVerdict } from '../run/verdict.ts';

/** Far longer than any seed takes. */
const HUNG_AFTER_MS = 60_000;

export interface SeedPoolOptions {
  readonly first: number;
  readonly last: number;
  readonly jobs: number;
  readonly choice: RunChoice;
  readonly onVerdict: (verdict: SeedVerdict) => void;
  /** Ends the pool: what is under way is dropped. */
  readonly signal: AbortSignal;
}

/** Runs a range of seeds on several threads; resolves when all are done, or the signal is aborted. */
export async function runSeeds(options: SeedPoolOptions): Promise<void> {
  const { first, last, jobs } = options;
  const seeds = { next: first, last };
  const threads = Math.min(jobs, last - first + 1);
  await Promise.all(Array.from({ length: threads }, () => runThread(options, seeds)));
}

async function runThread(options: SeedPoolOptions, seeds: { next: number; readonly last: number }): Promise<void> {
  while (seeds.next <= seeds.last && !options.signal.aborted) await runWorker(options, seeds);
}

/** Runs one seed in a thread of its own, which a run that hangs or breaks its thread does not survive. */
export async function verdictApart({ seed, profile, limits = {}, without = new Set() }: RunOptions, signal: AbortSignal): Promise<SeedVerdict | undefined> {
  let verdict: SeedVerdict | undefined;
  await runSeeds({ first: seed, last: seed, jobs: 1, choice: { profile, limits, without }, signal, onVerdict: (found) => (verdict = found) });
  return verdict;
}

/** One worker until the seeds are used up, or it has to be given up for one that hangs or breaks it. */
function runWorker({ choice, onVerdict, signal }: SeedPoolOptions, seeds: { next: number; readonly last: number }): Promise<void> {
  const worker = new Worker(new URL('seed-worker.js', import.meta.url), { workerData: choice });
  return new Promise((resolve) => {
    let current = seeds.next;
    let watchdog: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', end);
      void worker.terminate().then(() => resolve());
    };
    const broke = (sentence: string): void => {
      onVerdict(brokenVerdict({ seed: current, ...choice }, sentence));
      end();
    };
    const begin = (): void => {
      if (seeds.next > seeds.last || signal.aborted) return end();
      current = seeds.next++;
      watchdog = setTimeout(() => broke(`the run was not over after ${HUNG_AFTER_MS / 1_000} s`), HUNG_AFTER_MS);
      worker.postMessage(current);
    };
    worker.on('message', (verdict: SeedVerdict) => {
      clearTimeout(watchdog);
      onVerdict(verdict);
      begin();
    });
    worker.on('error', (error: Error) => broke(`the run broke off: ${error.stack ?? error.message}`));
    signal.addEventListener('abort', end, { once: true });
    begin();
  });
}
