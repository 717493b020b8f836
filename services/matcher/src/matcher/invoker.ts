import type { Call, CallbackRun, PairOperation } from '@irqmesh/domain';

/**
 * What came of asking a side to run callbacks.
 * - `done`: the runs hold a result for each step, or end with the first that failed.
 * - `running`: a callback still runs; ask again.
 * - `stale`: the side knows a newer operation of this participant, so this one is settled: fold on.
 * - `refused`: the side does not hold the registration or has sealed the operation: the log will say why.
 * - `unanswered`: nobody answered; ask again. It says nothing about whether the callbacks ran.
 */
export type InvokeOutcome =
  | { readonly kind: 'done'; readonly runs: readonly CallbackRun[] }
  | { readonly kind: 'running' | 'stale' | 'refused' | 'unanswered'; readonly message: string };

/** How the matcher reaches the agents: over the registry of the side. */
export interface Invoker {
  /** @param again whether this call was asked before and still runs: it must not hold up others. */
  invoke(operation: PairOperation, call: Call, again: boolean): Promise<InvokeOutcome>;
}
