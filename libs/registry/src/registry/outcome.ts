import type { LogEvent } from '@irqmesh/domain';
import { formatResult } from '@irqmesh/domain';

/**
 * How far an item of a request came.
 * - `settled`: the result holds.
 * - `pending`: the event is in the log (or, with sequence 0, may be); its operation was open at the deadline.
 * - `not_appended`: nothing was appended by the deadline, and nothing will be for this attempt.
 * - `busy`: the same, at once, since a bound is reached; worth asking again after a while.
 */
export type ItemOutcome =
  | {
      readonly kind: 'settled';
      readonly result: number;
      readonly message: string;
      /** The sequence of the event that was appended for it; 0 where none was. */
      readonly sequence: number;
      /** The kernel warns here: a programming error. */
      readonly warning: boolean;
      readonly holderSequence?: number | undefined;
    }
  | { readonly kind: 'pending'; readonly sequence: number }
  | { readonly kind: 'not_appended' }
  | { readonly kind: 'busy'; readonly message: string; readonly retryAfterMs: number };

export const NOT_APPENDED: ItemOutcome = { kind: 'not_appended' };

/** The outcome of an operation that ended with this result; `event` is what settled it, where it was seen. */
export function settledOutcome(result: number, sequence: number, event?: LogEvent): ItemOutcome {
  return { kind: 'settled', result, sequence, warning: false, message: result === 0 ? '' : failureMessage(result, event) };
}

function failureMessage(result: number, event: LogEvent | undefined): string {
  const body = event?.body;
  if (body?.type === 'ConnectFailed') {
    const failing = body.runs.find((run) => run.result !== 0);
    if (failing !== undefined) return `the connect failed: ${failing.callback} of the ${failing.side} returned ${formatResult(failing.result)}`;
  }
  if (body?.type === 'ConnectAborted') return 'the session of this participant expired while it was being connected';
  return `the connect failed: a callback returned ${formatResult(result)}; the log tells which`;
}
