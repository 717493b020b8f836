import { checkCallbacks } from './callbacks/check-callbacks.ts';
import { checkFencing } from './callbacks/check-fencing.ts';
import { checkConvergence } from './check-convergence.ts';
import { checkDurability } from './check-durability.ts';
import type { History, Violation } from './history.ts';
import { IndexedHistory } from './indexed-history.ts';
import { checkLinearizability } from './linearizability/check-linearizability.ts';
import { checkModel } from './model/check-model.ts';
import { modelLog } from './model/log-model.ts';

export interface HistoryVerdict {
  readonly violations: readonly Violation[];
  /** Tokens whose search for a linearization was given up: no verdict. */
  readonly undecided: number;
}

/**
 * Judges what a run did, with all five checkers.
 * @param settled whether the run came to rest: only then must everything be as the log says.
 */
export function checkHistory(seen: History, { settled }: { readonly settled: boolean }): HistoryVerdict {
  const history = new IndexedHistory(seen);
  const model = modelLog(history.log);
  const callbacks = checkCallbacks(history);
  const { violations, undecided } = checkLinearizability(history, model);
  return {
    violations: [
      ...callbacks.violations,
      ...checkFencing(history, model),
      ...checkModel(history, model),
      ...violations,
      ...checkDurability(history, model),
      ...(settled ? checkConvergence(history, model, callbacks) : []),
    ],
    undecided,
  };
}
