import type { Side } from '@irqmesh/domain';
import type { Moment } from '../history.ts';

/**
 * One thing that happened to a token at one moment between its call and its return:
 * - `registered`: the side was free, and this registration took it.
 * - `refused_busy`: the side was taken.
 * - `refused_by_callback`: the side was free, the other was taken, and a callback failed: nothing changed.
 * - `ended`: this registration left its side, if it was there at all.
 */
export interface TokenOperation {
  readonly kind: 'registered' | 'refused_busy' | 'refused_by_callback' | 'ended';
  readonly side: Side;
  /** Which registration: the same number for the operation that made it and the one that ended it. */
  readonly registration: number;
  readonly calledAt: Moment;
  readonly returnedAt: Moment;
  /** For people. */
  readonly what: string;
}

/** How a search ended. `undecided`: given up after too many steps. */
export type Verdict = { readonly kind: 'linearizable' } | { readonly kind: 'undecided' } | { readonly kind: 'impossible'; readonly stuckAt: TokenOperation };

/** Which registration is on each side; 0 for none. */
interface Sides {
  readonly producer: number;
  readonly consumer: number;
}

const NOBODY: Sides = { producer: 0, consumer: 0 };

/** A point of the search: what has been put in order, the state that it left, and what is to be tried next. */
interface Frame {
  readonly state: Sides;
  /** Everything before this is in order. */
  readonly from: number;
  /** Nothing from here on is in order. */
  readonly to: number;
  readonly candidates: readonly number[];
  next: number;
  /** The operation that led here. */
  readonly taken: number;
}

/**
 * Looks for an order of the operations that the kernel's manager could have run them in, each at a moment between its
 * call and its return (Wing and Gong's search, with Lowe's memory of where it has been: the set of operations put in
 * order, and the state).
 */
export function linearize(operations: readonly TokenOperation[], maxSteps: number): Verdict {
  const sorted = [...operations].sort((a, b) => compare(a.calledAt, b.calledAt));
  const done = new Uint8Array(sorted.length);
  const visited = new Set<string>();
  const stack: Frame[] = [{ state: NOBODY, from: 0, to: 0, candidates: candidatesOf(sorted, done, NOBODY, 0), next: 0, taken: -1 }];
  let deepest = { done: 0, stuckAt: sorted[0]! };
  let doneCount = 0;
  for (let steps = 0; stack.length > 0; steps++) {
    if (doneCount === sorted.length) return { kind: 'linearizable' };
    if (steps > maxSteps) return { kind: 'undecided' };
    const frame = stack.at(-1)!;
    const index = frame.candidates[frame.next++];
    if (index === undefined) {
      stack.pop();
      if (frame.taken >= 0) {
        done[frame.taken] = 0;
        doneCount -= 1;
      }
      continue;
    }
    const state = apply(frame.state, sorted[index]!);
    if (state === undefined) {
      if (doneCount >= deepest.done) deepest = { done: doneCount, stuckAt: sorted[index]! };
      continue;
    }
    done[index] = 1;
    let { from } = frame;
    while (done[from] === 1) from += 1;
    const to = Math.max(frame.to, index + 1);
    const key = `${state.producer} ${state.consumer} ${keyOf(done, from, to)}`;
    if (visited.has(key)) {
      done[index] = 0;
      continue;
    }
    visited.add(key);
    doneCount += 1;
    stack.push({ state, from, to, candidates: candidatesOf(sorted, done, state, from), next: 0, taken: index });
  }
  return { kind: 'impossible', stuckAt: deepest.stuckAt };
}

/**
 * Those that may come next: called before any other that is left had returned. A refusal that the state explains is the
 * only one then: it changes nothing, so it can as well come now as later.
 */
function candidatesOf(sorted: readonly TokenOperation[], done: Uint8Array, state: Sides, from: number): number[] {
  const candidates: number[] = [];
  let earliestReturn = Infinity;
  for (let index = from; index < sorted.length; index++) {
    if (done[index] === 1) continue;
    const operation = sorted[index]!;
    if (operation.calledAt > earliestReturn) break;
    if (isRefusal(operation) && apply(state, operation) !== undefined) return [index];
    candidates.push(index);
    earliestReturn = Math.min(earliestReturn, operation.returnedAt);
  }
  // What returned first is most likely to have come first.
  return candidates.sort((a, b) => compare(sorted[a]!.returnedAt, sorted[b]!.returnedAt));
}

/** Moments may be infinite, whose difference is no number. */
function compare(a: Moment, b: Moment): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isRefusal({ kind }: TokenOperation): boolean {
  return kind === 'refused_busy' || kind === 'refused_by_callback';
}

/** The state after the operation; undefined where the manager could not have answered so. */
function apply(state: Sides, { kind, side, registration }: TokenOperation): Sides | undefined {
  const holder = state[side];
  const partner = state[side === 'producer' ? 'consumer' : 'producer'];
  switch (kind) {
    case 'registered':
      return holder === 0 ? { ...state, [side]: registration } : undefined;
    case 'refused_busy':
      return holder === 0 ? undefined : state;
    case 'refused_by_callback':
      return holder === 0 && partner !== 0 ? state : undefined;
    case 'ended':
      return holder === registration ? { ...state, [side]: 0 } : state;
  }
}

/** Which operations are in order: all up to a point, and a few beyond. */
function keyOf(done: Uint8Array, from: number, to: number): string {
  let key = `${from}`;
  for (let index = from; index < to; index++) if (done[index] === 1) key += `,${index}`;
  return key;
}
