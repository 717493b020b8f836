import type { Callback, CallbackRun, CallbackSet, Side } from '@irqmesh/domain';
import { connectCallbacks } from './kernel-callbacks.ts';

type Supplied = Readonly<Record<Side, CallbackSet>>;

const ETIMEDOUT = -110;
const ADD: Readonly<Record<Side, Callback>> = { producer: 'add_consumer', consumer: 'add_producer' };
const DEL: Readonly<Record<Side, Callback>> = { producer: 'del_consumer', consumer: 'del_producer' };

/**
 * A connect that a side's expiry cut off. What the event records of a side that is gone is what its agent had answered
 * before: the beginning of its part of the connect. What it records of a side that can be reached is everything that
 * its agent ran: the beginning of its part, then what undoes exactly that. The two fit one connect that got so far.
 * @returns what is wrong, if anything is.
 */
export function replayAbort(runs: readonly CallbackRun[], supplied: Supplied, gone: readonly Side[]): string | undefined {
  const skipped = runs.find((run) => run.skipped);
  if (skipped !== undefined) return `${skipped.callback} of the ${skipped.side} is skipped, and only a disconnect skips`;
  const foreign = runs.find((run) => !supplied[run.side].includes(run.callback));
  if (foreign !== undefined) return `${foreign.callback} of the ${foreign.side} is recorded, and the ${foreign.side} does not supply it`;
  if (gone.length === 1) {
    const reachable: Side = gone[0] === 'producer' ? 'consumer' : 'producer';
    return isUndoneAt(reachable, runs, supplied) ? undefined : `its callbacks are not the beginning of a connect and what undoes it at the ${reachable}`;
  }
  // One side may have been rolled back before it was gone too; else the callbacks stand in the order in which they were answered.
  const isLegal = isBeginning(runs, supplied) || isUndoneAt('producer', runs, supplied) || isUndoneAt('consumer', runs, supplied);
  return isLegal ? undefined : 'its callbacks are not the beginning of a connect';
}

/** Whether the side that can be reached has undone all that it did, in a connect that got no further than it could. */
function isUndoneAt(reachable: Side, runs: readonly CallbackRun[], supplied: Supplied): boolean {
  const own = runs.filter(({ side }) => side === reachable);
  const others = runs.filter(({ side }) => side !== reachable);
  return Array.from({ length: own.length + 1 }, (_, cut) => cut).some(
    (cut) => undoes(own.slice(cut), own.slice(0, cut), supplied[reachable], reachable) && gotSoFar(own.slice(0, cut), others, reachable, supplied),
  );
}

function isBeginning(runs: readonly CallbackRun[], supplied: Supplied): boolean {
  const connect = connectCallbacks(supplied);
  let due = connect.next();
  for (const run of runs) {
    if (due.done === true || due.value.side !== run.side || due.value.callback !== run.callback) return false;
    due = connect.next(run.result);
  }
  return true;
}

/**
 * Whether a connect can have got so far that the one side ran all of `own`, with `others` answered by the other side. An
 * answer of the side that is gone may be missing although the connect went on after it: it was given to a matcher that
 * is gone too, so it may have been anything.
 */
function gotSoFar(own: readonly CallbackRun[], others: readonly CallbackRun[], reachable: Side, supplied: Supplied): boolean {
  return [0, 1].some((addMissing) => [0, 1].some((stopMissing) => gotSoFarWith(own, others, reachable, supplied, { add: addMissing, stop: stopMissing })));
}

/** @param missing what the answers that are missing were taken to be. */
function gotSoFarWith(own: readonly CallbackRun[], others: readonly CallbackRun[], reachable: Side, supplied: Supplied, missing: { readonly add: number; readonly stop: number }): boolean {
  const connect = connectCallbacks(supplied);
  const left: Record<'own' | 'others', CallbackRun[]> = { own: [...own], others: [...others] };
  for (let due = connect.next(); due.done !== true; ) {
    const { side, callback } = due.value;
    const runs = side === reachable ? left.own : left.others;
    const run = runs.shift();
    if (run !== undefined && run.callback !== callback) return false;
    // Here the connect was cut off: nothing that is due later can have been answered.
    if (run === undefined && side === reachable) return left.others.length === 0;
    due = connect.next(run?.result ?? (callback === 'stop' ? missing.stop : callback === ADD[side] ? missing.add : 0));
  }
  return left.own.length === 0 && left.others.length === 0;
}

/** Whether the rest of a side's callbacks undoes its part of the connect, and no more than that. */
function undoes(rest: readonly CallbackRun[], part: readonly CallbackRun[], supplied: CallbackSet, side: Side): boolean {
  const names = rest.map(({ callback }) => callback);
  const { added, stopped } = stateAfter(part, supplied, side);
  const undoing: Callback[] = added ? (stopped ? [DEL[side], 'start'] : ['stop', DEL[side], 'start']) : stopped ? ['start'] : [];
  return isEqual(names, undoing.filter((callback) => supplied.includes(callback))) || isLateAdd(names, part, supplied, side);
}

/** What its part of a connect leaves a side's participant in, by the results that were answered. */
function stateAfter(part: readonly CallbackRun[], supplied: CallbackSet, side: Side): { readonly added: boolean; readonly stopped: boolean } {
  let added = false;
  let stopped = false;
  for (const { callback, result } of part) {
    if (callback === 'stop') stopped = true;
    else if (callback === 'start') stopped = false;
    else added = callback === ADD[side] && result === 0 && supplied.includes(DEL[side]);
  }
  return { added, stopped };
}

/** An add that had been answered -110 succeeded after all, and was undone before anything else. */
function isLateAdd(names: readonly Callback[], part: readonly CallbackRun[], supplied: CallbackSet, side: Side): boolean {
  const last = part.at(-1);
  if (last?.callback !== ADD[side] || last.result !== ETIMEDOUT || !supplied.includes(DEL[side])) return false;
  const starts = supplied.includes('stop') && supplied.includes('start') ? (['start'] as const) : [];
  return isEqual(names, [DEL[side], ...starts]);
}

function isEqual(a: readonly Callback[], b: readonly Callback[]): boolean {
  return a.length === b.length && a.every((callback, index) => callback === b[index]);
}
