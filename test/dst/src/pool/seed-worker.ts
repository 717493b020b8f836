import { parentPort, workerData } from 'node:worker_threads';
import type { RunChoice } from '../cli/arguments.ts';
import { catchUncaught } from '../run/judge.ts';
import { brokenVerdict, verdictOn } from '../run/verdict.ts';

// A thread of the pool: runs each seed that it is sent, and sends its verdict back.
const port = parentPort!;
const choice = workerData as RunChoice;
catchUncaught();
port.on('message', (seed: number) => {
  verdictOn({ seed, ...choice }).then(
    (verdict) => port.postMessage(verdict),
    (error: unknown) => port.postMessage(brokenVerdict({ seed, ...choice }, `the run broke off: ${error instanceof Error ? error.stack : String(error)}`)),
  );
});
