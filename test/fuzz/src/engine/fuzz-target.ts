import type fc from 'fast-check';

/** What became of an input: it was read, or refused with an error that the target takes for legitimate. */
export type Outcome = 'accepted' | 'refused';

/** A reader of foreign input, and what it is fed with. */
export interface FuzzTarget<Input = unknown> {
  readonly name: string;
  /** What is fed, for `--list`. */
  readonly sentence: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** Reads the input once. Whatever it throws is a finding. */
  run(input: Input): Outcome;
}

/** Reads; undefined when it refuses with an error that `isLegitimate` holds for. Any other error is thrown on. */
export function attempt<Value>(read: () => Value, isLegitimate: (error: unknown) => boolean): { readonly value: Value } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    if (isLegitimate(error)) return undefined;
    throw error;
  }
}
