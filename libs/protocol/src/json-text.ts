import type { JsonValue } from '@bufbuild/protobuf';

/**
 * `JSON.parse`, but with 0 for -0: JSON can write one, protobuf's whole numbers have none, and its parser passes it on.
 * @throws SyntaxError for text that is no JSON.
 */
export function parseJsonText(text: string): JsonValue {
  // A reviver takes several times as long, so only texts that may hold a -0 are given one.
  return (text.includes('-0') ? JSON.parse(text, withoutNegativeZero) : JSON.parse(text)) as JsonValue;
}

function withoutNegativeZero(_key: string, value: unknown): unknown {
  return value === 0 ? 0 : value;
}
