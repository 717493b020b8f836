import type { Callback, CallbackRun } from '../callbacks.ts';
import type { PairOperation } from '../operation.ts';
import type { Side } from '../participant.ts';
import { NO_PROGRESS, plan, withReply } from '../plan.ts';
import type { Call, Outcome, Progress } from '../plan.ts';

/** Results by side and callback, `{ 'producer.stop': -110 }`; 0 for those not named. */
export type Results = Readonly<Partial<Record<`${Side}.${Callback}`, number>>>;

export interface Played {
  /** One line a call: `producer: stop add_consumer`, `consumer: rollback`. */
  readonly calls: readonly string[];
  readonly progress: Progress;
}

/** What an agent replies to a call that it carries out for the first time: it stops at the first failure. */
export function replyTo(call: Call & { readonly kind: 'steps' }, results: Results): CallbackRun[] {
  const runs: CallbackRun[] = [];
  for (const callback of call.steps) {
    const result = results[`${call.side}.${callback}`] ?? 0;
    runs.push({ side: call.side, callback, result, durationUs: 1, skipped: false });
    if (result !== 0) break;
  }
  return runs;
}

export function describeCall(call: Call): string {
  return `${call.side}: ${call.kind === 'rollback' ? 'rollback' : call.steps.join(' ')}`;
}

/** Carries out at most `maxCalls` calls of an operation. */
export function playCalls(operation: PairOperation, results: Results, maxCalls: number, from: Progress = NO_PROGRESS): Played {
  const calls: string[] = [];
  let progress = from;
  for (let next = plan(operation, progress); 'call' in next && calls.length < maxCalls; next = plan(operation, progress)) {
    calls.push(describeCall(next.call));
    progress = withReply(progress, next.call, next.call.kind === 'steps' ? replyTo(next.call, results) : []);
  }
  return { calls, progress };
}

/** Carries out an operation to its end, which must come within 12 calls: each callback alone. */
export function play(operation: PairOperation, results: Results = {}, from: Progress = NO_PROGRESS): { calls: readonly string[]; outcome: Outcome } {
  const { calls, progress } = playCalls(operation, results, 12, from);
  const next = plan(operation, progress);
  if (!('outcome' in next)) throw new Error(`no outcome after ${calls.length} calls: ${calls.join(', ')}`);
  return { calls, outcome: next.outcome };
}
