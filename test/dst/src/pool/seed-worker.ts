import { parentPort, workerData } from 'node:worker_threads';
import type { RunChoice } from '../cli/arguments.ts';
import { catchUncaught, judge } from '../run/judge.ts';
import { brokenVerdict, verdictOf } from '../run/verdict.ts';

// A thread of the pool: runs each seed that it is sent, and sends its verdict back.
const port = parentPort!;
const choice = workerData as RunChoice;
catchUncaught();
port.on('message', (seed: number) => {
  judge({ seed, ...choice }).then(
    (run) => port.postMessage(verdictOf(run)),
    (error: unknown) => port.postMessage(brokenVerdict(seed, `the run broke off: ${error instanceof Error ? error.stack : String(error)}`)),
  );
});
