import { parentPort, workerData } from 'node:worker_threads';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { runInputs } from './run-inputs.ts';
import type { WorkerTask } from './messages.ts';

// A thread of the pool: runs inputs of one target until it has no more, or is ended for one that hangs.
const port = parentPort!;
const task = workerData as WorkerTask;
const { targets } = (await import(task.targetsUrl)) as { readonly targets: readonly FuzzTarget[] };
const target = targets.find(({ name }) => name === task.targetName);
if (target === undefined) throw new RangeError(`there is no target ${task.targetName}`);
runInputs(target, task, (message) => port.postMessage(message));
