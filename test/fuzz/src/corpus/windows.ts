import fc from 'fast-check';

/** The most lines taken of a text: reading all of a large one for each input would leave time for few. */
const MAX_LINES = 30;
/** Texts that are always whole, in characters. */
const SHORT = 2_500;

/** A text's first lines and some of its others: a header and a few rows. Short ones, and one in twenty, are whole. */
export function windowsOf(texts: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...texts), fc.nat(0xffff), fc.nat(MAX_LINES), fc.nat(19)).map(([text, at, count, whole]) => {
    if (whole === 19 || text.length <= SHORT) return text;
    const lines = text.split('\n');
    const from = 2 + (at % Math.max(1, lines.length - 2));
    return [...lines.slice(0, 2), ...lines.slice(from, from + count), ''].join('\n');
  });
}
