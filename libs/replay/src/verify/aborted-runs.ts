import { ADD, DEL, Errno, SIDES } from '@irqmesh/domain';
import type { Callback, CallbackRun, ConnectAborted, PairOperation, Registration } from '@irqmesh/domain';
import { describe } from './callback-runs.ts';

/**
 * The callbacks of a connect that was aborted, each side by itself: as far as the connect came there, and what undid it
 * where the side was reachable. How far it came on a gone side nobody may have known, so the sides are not compared.
 * @returns what is wrong, if anything is.
 */
export function checkAbortedRuns({ runs, gone }: ConnectAborted, operation: PairOperation): string | undefined {
  for (const side of SIDES) {
    const walk = new AbortedSide(operation[side]);
    for (const run of runs) {
      if (run.side !== side) continue;
      if (run.skipped || !walk.take(run)) return `it records ${describe(run)}, which is not due there`;
    }
    if (!gone.includes(side) && !walk.isUndone) return `it leaves the ${side} added or stopped, which could be reached`;
  }
  return undefined;
}

/** One side of an aborted connect: stop, add, start, as far as it came; then, if it was rolled back, stop, del, start. */
class AbortedSide {
  private readonly registration: Registration;
  private stops = 0;
  private starts = 0;
  private added: CallbackRun | undefined;
  private deleted = false;
  private stopFailed = false;

  constructor(registration: Registration) {
    this.registration = registration;
  }

  /** Whether the callback may come next. */
  take(run: CallbackRun): boolean {
    const { side } = this.registration;
    if (!this.supplies(run.callback)) return false;
    switch (run.callback) {
      case 'stop':
        return this.takeStop(run);
      case 'start':
        return this.takeStart();
      case ADD[side]:
        return this.takeAdd(run);
      default:
        return this.takeDel();
    }
  }

  /** Whether nothing is left of the connect. A side without del, or without start, cannot undo that part. */
  get isUndone(): boolean {
    const isAdded = this.isAdded && this.supplies(DEL[this.registration.side]);
    return !isAdded && !(this.stops > this.starts && this.supplies('start'));
  }

  private get isAdded(): boolean {
    return this.added?.result === 0 && !this.deleted;
  }

  /** Nothing but a stop comes first where there is one, and nothing is added or deleted while it runs. */
  private get isStopped(): boolean {
    return !this.supplies('stop') || this.stops > this.starts || !this.supplies('start');
  }

  private takeStop({ result }: CallbackRun): boolean {
    const isFirst = this.stops === 0 && this.added === undefined && this.starts === 0 && !this.deleted;
    // Whether a side without start still counts as stopped is its agent's business.
    const isUndoing = this.isAdded && (this.supplies('start') ? this.starts > 0 && this.starts === this.stops : this.stops === 1);
    this.stops += 1;
    if (isFirst) this.stopFailed = result !== 0;
    return isFirst || isUndoing;
  }

  private takeAdd(run: CallbackRun): boolean {
    const isDue = this.added === undefined && this.starts === 0 && !this.deleted && !this.stopFailed && this.isStopped && (this.stops === 1 || !this.supplies('stop'));
    this.added = run;
    return isDue;
  }

  /** After an add that succeeded, at once or past its deadline; and where the peer's add failed, even without an own add. */
  private takeDel(): boolean {
    const { side } = this.registration;
    const wasLate = this.added?.result === Errno.ETIMEDOUT;
    const forPeer = side === 'producer' && !this.supplies(ADD.producer) && !this.stopFailed;
    const isDue = !this.deleted && this.isStopped && (this.isAdded || wasLate || forPeer);
    this.deleted = true;
    return isDue;
  }

  private takeStart(): boolean {
    const stopped = this.supplies('stop') ? this.stops > this.starts : this.starts < (this.deleted ? 2 : 1);
    this.starts += 1;
    return stopped;
  }

  private supplies(callback: Callback): boolean {
    return this.registration.callbacks.includes(callback);
  }
}
