/** The highest code point, and the gap that UTF-8 leaves for surrogates. */
const LAST_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;

/**
 * The first string, in the order of UTF-8's bytes, that comes after every string with this prefix; undefined when none
 * does. It turns "starts with" into a range, which an index serves; LIKE would stop at a token's wildcards.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (codePoints.at(-1) === LAST_CODE_POINT) codePoints.pop();
  const last = codePoints.pop();
  if (last === undefined) return undefined;
  const next = last + 1 === FIRST_SURROGATE ? AFTER_SURROGATES : last + 1;
  return String.fromCodePoint(...codePoints, next);
}
