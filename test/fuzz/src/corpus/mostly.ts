import fc from 'fast-check';

/** Values sampled of an arbitrary, and how much more often one of them is taken than a new one is made. */
const SAMPLES = 100;
const WEIGHT = 30;
/** The corpus of a target is always the same. */
const CORPUS_SEED = 1;

/**
 * Mostly values of a corpus that is sampled once, now and then a new one: making valid messages costs more than reading
 * them. The shortest stand first, since inputs shrink to the first.
 */
export function mostly(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  let corpus: Uint8Array[] | undefined;
  const sampled = fc.nat(SAMPLES - 1).map((at) => {
    corpus ??= fc.sample(bytes, { seed: CORPUS_SEED, numRuns: SAMPLES }).toSorted((a, b) => a.length - b.length);
    return corpus[at]!;
  });
  return fc.oneof({ weight: WEIGHT, arbitrary: sampled }, { weight: 1, arbitrary: bytes });
}
