import type { Callback, CallbackRun } from './callbacks.ts';
import type { ConnectAborted, ConnectFailed, PairConnected, PairDisconnected } from './event.ts';
import type { PairOperation } from './operation.ts';
import { goneSides } from './operation.ts';
import type { Side } from './participant.ts';
import { SIDES } from './participant.ts';

/** One callback of one side. */
export interface Step {
  readonly side: Side;
  readonly callback: Callback;
}

/** What the matcher knows of an operation so far. */
export interface Progress {
  /** The callbacks that have returned, in order. */
  readonly runs: readonly CallbackRun[];
  /** The sides that have confirmed a rollback. */
  readonly rolledBack: readonly Side[];
}

export const NO_PROGRESS: Progress = { runs: [], rolledBack: [] };

/** What to ask of a side next: callbacks in order, merged into one call, or to undo what the operation did there. */
export type Call =
  | { readonly kind: 'steps'; readonly side: Side; readonly steps: readonly Callback[] }
  | { readonly kind: 'rollback'; readonly side: Side };

/** The event that settles an operation. */
export type Outcome = PairConnected | ConnectFailed | ConnectAborted | PairDisconnected;

/** The next thing to do for an operation: a call to a side, or the outcome to record. */
export type Next = { readonly call: Call } | { readonly outcome: Outcome };

/**
 * What comes next for an operation. Called again with each reply, so that a failing callback changes the rest.
 * The orders are those of `__connect` and `__disconnect` in `virt/lib/irqbypass.c`.
 */
export function plan(operation: PairOperation, progress: Progress): Next {
  return operation.kind === 'connect' ? planConnect(operation, progress) : planDisconnect(operation, progress);
}

function planConnect(operation: PairOperation, progress: Progress): Next {
  const gone = goneSides(operation);
  if (gone.length > 0) return planAbort(operation, progress, gone);
  const { failure, steps } = connectSteps(progress.runs);
  const call = mergedCall(operation, progress, steps);
  if (call !== undefined) return { call };
  const common = outcomeFields(operation, progress.runs);
  if (failure === undefined) return { outcome: { type: 'PairConnected', ...common } };
  return { outcome: { type: 'ConnectFailed', ...common, newcomer: operation.causedBy, result: failure } };
}

/** A side is gone: what the reachable one did is undone there, in one step of which it keeps the memory. */
function planAbort(operation: PairOperation, progress: Progress, gone: readonly Side[]): Next {
  const pending = SIDES.find((side) => !gone.includes(side) && !progress.rolledBack.includes(side));
  if (pending !== undefined) return { call: { kind: 'rollback', side: pending } };
  const common = outcomeFields(operation, progress.runs);
  return { outcome: { type: 'ConnectAborted', ...common, newcomer: operation.causedBy, gone } };
}

/**
 * The callbacks of a connect, in order, as far as the results so far decide it, and the failure if there is one.
 * stop and start are optional and void in the kernel; a stop that could not be carried out here (-ETIMEDOUT, or a throw)
 * fails the connect before anything is added, and those whose stop was called are started.
 */
function connectSteps(runs: readonly CallbackRun[]): { failure?: number; steps: Step[] } {
  const stops: Step[] = [{ side: 'producer', callback: 'stop' }, { side: 'consumer', callback: 'stop' }];
  const starts: Step[] = [{ side: 'consumer', callback: 'start' }, { side: 'producer', callback: 'start' }];
  const addConsumer: Step = { side: 'producer', callback: 'add_consumer' };
  const addProducer: Step = { side: 'consumer', callback: 'add_producer' };

  const stopped = stops.filter((step) => runOf(runs, step) !== undefined).map((step) => step.side);
  const failedStop = stops.find((step) => isFailure(runOf(runs, step)));
  if (failedStop !== undefined) {
    const steps = [...stops.filter((step) => stopped.includes(step.side)), ...starts.filter((step) => stopped.includes(step.side))];
    return { failure: runOf(runs, failedStop)!.result, steps };
  }
  const consumerAdded = runOf(runs, addConsumer);
  if (isFailure(consumerAdded)) return { failure: consumerAdded!.result, steps: [...stops, addConsumer, ...starts] };
  const producerAdded = runOf(runs, addProducer);
  if (isFailure(producerAdded)) {
    const undo: Step = { side: 'producer', callback: 'del_consumer' };
    return { failure: producerAdded!.result, steps: [...stops, addConsumer, addProducer, undo, ...starts] };
  }
  return { steps: [...stops, addConsumer, addProducer, ...starts] };
}

function planDisconnect(operation: PairOperation, progress: Progress): Next {
  const steps: Step[] = [
    { side: 'producer', callback: 'stop' },
    { side: 'consumer', callback: 'stop' },
    { side: 'consumer', callback: 'del_producer' },
    { side: 'producer', callback: 'del_consumer' },
    { side: 'consumer', callback: 'start' },
    { side: 'producer', callback: 'start' },
  ];
  const call = mergedCall(operation, progress, steps.filter((step) => !operation[step.side].gone));
  if (call !== undefined) return { call };
  const runs = steps
    .filter((step) => supplies(operation, step))
    .map((step) => runOf(progress.runs, step) ?? { ...step, result: 0, durationUs: 0, skipped: true });
  return { outcome: { type: 'PairDisconnected', ...outcomeFields(operation, runs) } };
}

/** The steps that have not run, up to where the side changes: what one call to a side can carry. */
function mergedCall(operation: PairOperation, { runs }: Progress, steps: readonly Step[]): Call | undefined {
  const remaining = steps.filter((step) => supplies(operation, step) && runOf(runs, step) === undefined);
  const first = remaining[0];
  if (first === undefined) return undefined;
  const change = remaining.findIndex((step) => step.side !== first.side);
  const merged = change < 0 ? remaining : remaining.slice(0, change);
  return { kind: 'steps', side: first.side, steps: merged.map((step) => step.callback) };
}

function supplies(operation: PairOperation, step: Step): boolean {
  return operation[step.side].callbacks.includes(step.callback);
}

function runOf(runs: readonly CallbackRun[], step: Step): CallbackRun | undefined {
  return runs.find((run) => run.side === step.side && run.callback === step.callback);
}

function isFailure(run: CallbackRun | undefined): boolean {
  return run !== undefined && run.result !== 0;
}

function outcomeFields(operation: PairOperation, runs: readonly CallbackRun[]) {
  return {
    producerSequence: operation.producer.sequence,
    consumerSequence: operation.consumer.sequence,
    operationSequence: operation.sequence,
    runs,
  };
}

/** Progress with the reply to a call added. */
export function withReply(progress: Progress, call: Call, runs: readonly CallbackRun[]): Progress {
  if (call.kind === 'steps') return { ...progress, runs: [...progress.runs, ...runs] };
  // A rollback's reply holds every callback of the operation on that side, those already known included.
  const others = progress.runs.filter((run) => run.side !== call.side);
  return { runs: [...others, ...runs], rolledBack: [...progress.rolledBack, call.side] };
}

