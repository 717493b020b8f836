import fc from 'fast-check';

/** One mutation: what is done, where, and with which number. Each mutator takes the three modulo what it has. */
export interface Step {
  readonly op: number;
  readonly at: number;
  readonly value: number;
}

const MAX_STEPS = 5;

const step: fc.Arbitrary<Step> = fc.record({ op: fc.nat(0xff), at: fc.nat(0xffff), value: fc.nat(0xffff_ffff) }, { noNullPrototype: true });

/** Up to five mutations; none now and then, so that valid input is fed too. Shrinks to fewer, and to the mildest. */
export const steps: fc.Arbitrary<Step[]> = fc.array(step, { maxLength: MAX_STEPS, size: 'max' });

/** `items[at]`, counted round and round. */
export function pick<Item>(items: readonly Item[], at: number): Item {
  return items[at % items.length]!;
}

const FEW = [2, 2, 2, 3, 3, 4, 5, 8, 9, 16, 33, 65, 129];
/** So many that what takes more than linear time shows. One step in 1,024 takes one of them: they cost time even where all is well. */
const MANY = [1_000, 5_000, 20_000, 100_000];

/** How often a part of so many bytes or characters is repeated, within `maxTotal` of them. */
export function repeats(value: number, partLength: number, maxTotal: number): number {
  const count = value % 1_024 === 1_023 ? pick(MANY, value >>> 10) : pick(FEW, value);
  return Math.max(1, Math.min(count, Math.floor(maxTotal / Math.max(1, partLength))));
}
