import { eventKind } from '@irqmesh/domain';
import { MAX_TOKEN_EVENTS } from './port.ts';
import type { AppendRequest } from './port.ts';

// What every adapter checks before it goes to its log: mistakes of the calling program, so plain RangeErrors.

/** Without an expectation two writers could both decide on the same state, so only notes may do without. */
export function checkExpectation({ event, expectedLastSequence }: AppendRequest): void {
  if (expectedLastSequence === undefined) {
    if (eventKind(event.body.type) === 'note') return;
    throw new RangeError(`an append of ${event.body.type} needs an expected last sequence`);
  }
  if (Number.isSafeInteger(expectedLastSequence) && expectedLastSequence >= 0) return;
  throw new RangeError(`${expectedLastSequence} is not a sequence to expect: 0 for none, or a whole number above`);
}

export function checkReadLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_TOKEN_EVENTS) return;
  throw new RangeError(`limit ${limit} is not 1 to ${MAX_TOKEN_EVENTS}`);
}
