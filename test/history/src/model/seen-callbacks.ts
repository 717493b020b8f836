import type { Callback, CallbackRun } from '@irqmesh/domain';
import type { CallbackCall } from '../history.ts';
import { laneKey, push } from '../indexed-history.ts';
import type { ModelOperation, ModelRegistration } from './token-model.ts';

/** The callbacks that were seen, by the step of the operation that they belong to. */
export class SeenCallbacks {
  private readonly bySteps = new Map<string, CallbackCall[]>();
  private readonly following = new Map<CallbackCall, CallbackCall>();

  /** @param callbacks in the order in which they were called. */
  constructor(callbacks: readonly CallbackCall[]) {
    const newest = new Map<string, CallbackCall>();
    for (const callback of callbacks) {
      push(this.bySteps, stepKey(callback.operationSequence, callback), callback);
      const lane = laneKey(callback);
      const previous = newest.get(lane);
      if (previous !== undefined) this.following.set(previous, callback);
      newest.set(lane, callback);
    }
  }

  /** What was called next of the same participant, in the same run of its agent. */
  next(callback: CallbackCall): CallbackCall | undefined {
    return this.following.get(callback);
  }

  /** All that were seen of one step; a teardown or rollback runs under the operation that it undoes, and comes later. */
  ofStep(operation: ModelOperation, { side, callback }: Pick<CallbackRun, 'side' | 'callback'>): readonly CallbackCall[] {
    return this.bySteps.get(stepKey(operation.sequence, { ...operation[side], callback })) ?? [];
  }
}

/** The callbacks that the event that settled an operation records. */
export function runsOf({ settledBy: { event: { body } } }: ModelOperation): readonly CallbackRun[] {
  return 'runs' in body ? body.runs : [];
}

function stepKey(operationSequence: number, { host, side, participant, callback }: Pick<ModelRegistration, 'host' | 'side' | 'participant'> & { readonly callback: Callback }): string {
  return `${operationSequence} ${side} ${host} ${participant} ${callback}`;
}
