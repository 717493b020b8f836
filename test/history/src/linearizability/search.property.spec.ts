import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { linearize } from './search.ts';
import type { TokenOperation } from './search.ts';

/** The kernel's manager of one token, as simple as can be: what an operation leaves, or undefined where it cannot be. */
function run(holders: Readonly<Record<string, number>>, { kind, side, registration }: TokenOperation): Readonly<Record<string, number>> | undefined {
  const isTaken = holders[side] !== 0;
  const hasPartner = holders[side === 'producer' ? 'consumer' : 'producer'] !== 0;
  if (kind === 'registered') return isTaken ? undefined : { ...holders, [side]: registration };
  if (kind === 'refused_busy') return isTaken ? holders : undefined;
  if (kind === 'refused_by_callback') return !isTaken && hasPartner ? holders : undefined;
  return holders[side] === registration ? { ...holders, [side]: 0 } : holders;
}

/** Tries every order that the times allow. */
function isLinearizable(left: readonly TokenOperation[], holders: Readonly<Record<string, number>> = { producer: 0, consumer: 0 }): boolean {
  if (left.length === 0) return true;
  return left.some((operation) => {
    const rest = left.filter((other) => other !== operation);
    if (rest.some(({ returnedAt }) => returnedAt < operation.calledAt)) return false;
    const after = run(holders, operation);
    return after !== undefined && isLinearizable(rest, after);
  });
}

const OPERATION = fc.record({
  kind: fc.constantFrom<TokenOperation['kind']>('registered', 'registered', 'ended', 'ended', 'refused_busy', 'refused_by_callback'),
  side: fc.constantFrom('producer' as const, 'consumer' as const),
  registration: fc.integer({ min: 1, max: 4 }),
  calledAt: fc.integer({ min: 0, max: 12 }),
  lasts: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Infinity)),
});

const HISTORY = fc.array(OPERATION, { maxLength: 7 }).map((operations) =>
  operations.map(({ lasts, ...operation }): TokenOperation => ({ ...operation, returnedAt: operation.calledAt + lasts, what: operation.kind })),
);

describe('the search, and one that tries every order', () => {
  test('agree on small histories', () => {
    const seen = { linearizable: 0, impossible: 0 };
    fc.assert(
      fc.property(HISTORY, (operations) => {
        const expected = isLinearizable(operations) ? 'linearizable' : 'impossible';
        seen[expected] += 1;
        expect(linearize(operations, 1_000_000).kind).toBe(expected);
      }),
      { numRuns: 4_000 },
    );
    // Each of the two must be common, or nothing is compared.
    expect(Math.min(seen.linearizable, seen.impossible)).toBeGreaterThan(400);
  });
});
