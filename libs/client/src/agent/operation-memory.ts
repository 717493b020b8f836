import type { Callback, CallbackRun } from '@irqmesh/domain';
import type { Peer } from './callback-call.ts';

/** What an agent remembers of a participant's newest operation, so that no step of it runs twice. */
export class OperationMemory {
  readonly sequence: number;
  readonly peer: Peer;
  /** Every callback that ran for it, in order, those of an undoing included. */
  readonly runs: CallbackRun[] = [];
  /** A rollback was asked for: nothing but its own callbacks runs from now on. */
  sealed = false;
  /** The rollback is done. */
  rolledBack = false;
  /** The steps that have run, by the callback's name: with the operation's sequence, that is a step's key. */
  private readonly steps = new Map<Callback, CallbackRun>();

  constructor(peer: Peer) {
    this.sequence = peer.operationSequence;
    this.peer = peer;
  }

  stepRun(callback: Callback): CallbackRun | undefined {
    return this.steps.get(callback);
  }

  rememberStep(run: CallbackRun): void {
    this.steps.set(run.callback, run);
    this.runs.push(run);
  }

  /** The runs that answer these steps: up to the first that failed. Undefined while one that is to be run has not. */
  answerFor(steps: readonly Callback[]): CallbackRun[] | undefined {
    const runs: CallbackRun[] = [];
    for (const step of steps) {
      const run = this.steps.get(step);
      if (run === undefined) return undefined;
      runs.push(run);
      if (run.result !== 0) break;
    }
    return runs;
  }
}
