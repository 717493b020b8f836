import fc from 'fast-check';
import type { FuzzTarget } from '../engine/fuzz-target.ts';

// Targets that are broken on purpose: the harness has to notice each.

const held: string[] = [];
let leaked = 0;

const crashes: FuzzTarget<string> = {
  name: 'crashes',
  sentence: 'throws a TypeError for what holds an x',
  inputs: fc.string({ unit: fc.constantFrom('a', 'b', 'x'), maxLength: 8 }),
  run: (text) => {
    if (text.includes('x')) throw new TypeError('cannot read x');
    return 'accepted';
  },
};

const pollutes: FuzzTarget<string> = {
  name: 'pollutes',
  sentence: 'merges what it reads into an object',
  inputs: fc.constantFrom('{}', '{"a":{"b":1}}', '{"__proto__":{"b":1}}'),
  run: (text) => {
    const target: Record<string, Record<string, unknown>> = {};
    for (const [key, value] of Object.entries(JSON.parse(text) as Record<string, object>)) Object.assign((target[key] ??= {}), value);
    return 'accepted';
  },
};

/** Hangs for this input. */
export const HANGING = 613;

const hangs: FuzzTarget<number> = {
  name: 'hangs',
  sentence: `never ends for ${HANGING}`,
  inputs: fc.nat(999),
  run: (number) => {
    for (let at = number; at === HANGING; ) at = number;
    return 'accepted';
  },
};

const makesForEver: FuzzTarget<number> = {
  name: 'makes-for-ever',
  sentence: `never ends making ${HANGING}`,
  inputs: fc.nat(999).map((number) => {
    for (let at = number; at === HANGING; ) at = number;
    return number;
  }),
  run: () => 'accepted',
};

const leaks: FuzzTarget<number> = {
  name: 'leaks',
  sentence: 'keeps 20 kB of each input',
  inputs: fc.nat(999),
  run: (number) => {
    held.push(String.fromCharCode(97 + (leaked++ % 26)).repeat(20_000) + number);
    held.at(-1)!.charCodeAt(7); // flattens the rope, which would share its parts
    return 'accepted';
  },
};

const exhausts: FuzzTarget<number> = {
  name: 'exhausts',
  sentence: 'takes more memory than a thread may have',
  inputs: fc.nat(999),
  run: () => {
    const lists: number[][] = [];
    for (;;) lists.push(new Array<number>(1_000_000).fill(lists.length + 0.5));
  },
};

const sound: FuzzTarget<number> = { name: 'sound', sentence: 'takes all', inputs: fc.nat(999), run: (number) => (number % 2 === 0 ? 'accepted' : 'refused') };

export const targets: readonly FuzzTarget[] = [crashes, pollutes, hangs, makesForEver, leaks, exhausts, sound];
