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
  const text = JSON.stringify(value, showDetail) ?? String(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`;
}

/** What JSON would leave out, and the two may well differ in. */
function showDetail(_key: string, value: unknown): unknown {
  if (value instanceof Error) return { ...value, message: value.message };
  return Object.is(value, -0) ? '-0' : value;
}
