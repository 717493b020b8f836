import type { Violation } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import type { LogModel } from '../model/log-model.ts';
import { checkParticipants } from './check-participants.ts';
import { checkResults } from './check-results.ts';
import { linearize } from './search.ts';
import { tokenOperations } from './token-operations.ts';

/** Far more than a history of tens of thousands of calls takes: few operations overlap, and then each is about a step. */
const MAX_STEPS = 2_000_000;

export interface LinearizabilityFindings {
  readonly violations: readonly Violation[];
  /** Tokens whose search was given up: no verdict. */
  readonly undecided: number;
}

/** Checker 3: each token's calls and their results can be put in an order that the kernel's manager allows. */
export function checkLinearizability(history: IndexedHistory, model: LogModel, maxSteps: number = MAX_STEPS): LinearizabilityFindings {
  const violations: Violation[] = [...checkParticipants(history), ...checkResults(history, model)];
  let undecided = 0;
  for (const [token, operations] of tokenOperations(history, model)) {
    const verdict = linearize(operations, maxSteps);
    if (verdict.kind === 'undecided') undecided += 1;
    if (verdict.kind !== 'impossible') continue;
    violations.push({ checker: 'linearizability', sentence: `${token}: in no order of the calls is it possible that ${verdict.stuckAt.what}`, token, sequences: [], at: verdict.stuckAt.returnedAt });
  }
  return { violations, undecided };
}
