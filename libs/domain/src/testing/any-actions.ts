import fc from 'fast-check';
import { SIDES } from '../participant.ts';
import { SESSIONS, TOKENS } from './model-world.ts';
import type { Action } from './model-world.ts';

const below = (limit: number): fc.Arbitrary<number> => fc.nat({ max: limit - 1 });
const side = fc.constantFrom(...SIDES);
/** Mostly 0; else an errno, a driver's positive number, or a callback past its deadline. */
const result = fc.constantFrom(...Array.from({ length: 12 }, () => 0), -12, 66_311, -110);

const when = <Kind extends Action['do'], Rest extends object>(kind: Kind, rest: { [Name in keyof Rest]: fc.Arbitrary<Rest[Name]> }) =>
  fc.record({ do: fc.constant(kind), ...rest } as { do: fc.Arbitrary<Kind> } & typeof rest);

const drive = when('drive', {
  matcher: below(2),
  events: fc.constantFrom(0, 1, 100),
  token: below(TOKENS.length),
  steps: fc.integer({ min: 1, max: 10 }),
  results: fc.array(result, { maxLength: 6 }),
  isAppendSlow: fc.constantFrom(false, false, true),
});

const action = fc.oneof(
  { weight: 16, arbitrary: when('register', { side, who: below(4), token: below(TOKENS.length), callbacks: below(16), late: fc.nat({ max: 11 }).map((dice) => dice === 0) }) },
  { weight: 8, arbitrary: when('unregister', { side, who: below(4) }) },
  { weight: 2, arbitrary: when('resend', { which: below(20) }) },
  { weight: 1, arbitrary: when('fence', { session: below(SESSIONS) }) },
  { weight: 2, arbitrary: when('expire', { session: below(SESSIONS), atMost: fc.constantFrom(1, 100) }) },
  { weight: 6, arbitrary: when('sweep', {}) },
  { weight: 1, arbitrary: when('disown', { side, who: below(4) }) },
  { weight: 1, arbitrary: when('note', { token: below(TOKENS.length) }) },
  { weight: 40, arbitrary: drive },
  { weight: 3, arbitrary: when('arrive', { matcher: below(2) }) },
  { weight: 1, arbitrary: when('restart', { matcher: below(2) }) },
) as fc.Arbitrary<Action>;
/** The life of a small world, in up to 120 actions. */
export const anyActions: fc.Arbitrary<readonly Action[]> = fc.array(action, { minLength: 1, maxLength: 120, size: 'max' });
