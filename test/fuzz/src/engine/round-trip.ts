import { isDeepStrictEqual } from 'node:util';

/** What was read is not what is read after it was written: one of the two loses or changes something. */
export class RoundTripError extends Error {
  override readonly name = 'RoundTripError';
}

const MAX_SHOWN = 600;

/** @throws RoundTripError unless both are the same, errors by their names, numbers and messages. */
export function sameAgain(first: unknown, again: unknown): void {
  if (isDeepStrictEqual(first, again)) return;
  throw new RoundTripError(`read: ${shown(first)}\nread again after it was written: ${shown(again)}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Error ? { ...inner, message: inner.message } : inner)) ?? String(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`;
}
