import type { Side } from './participant.ts';

/** The callbacks of `struct irq_bypass_producer`, by the kernel's names. */
export type ProducerCallback = 'stop' | 'start' | 'add_consumer' | 'del_consumer';
/** The callbacks of `struct irq_bypass_consumer`, by the kernel's names. */
export type ConsumerCallback = 'stop' | 'start' | 'add_producer' | 'del_producer';
export type Callback = ProducerCallback | ConsumerCallback;

/** All callbacks a side can supply, in the order in which sets are written. */
export const CALLBACKS: Readonly<Record<Side, readonly Callback[]>> = {
  producer: ['stop', 'start', 'add_consumer', 'del_consumer'],
  consumer: ['stop', 'start', 'add_producer', 'del_producer'],
};

/** The callbacks a participant supplies: one shared frozen array for each of the 16 sets of a side. */
export type CallbackSet = readonly Callback[];

const SETS: Readonly<Record<Side, readonly CallbackSet[]>> = { producer: allSets('producer'), consumer: allSets('consumer') };

function allSets(side: Side): readonly CallbackSet[] {
  return Array.from({ length: 16 }, (_, mask) => Object.freeze(CALLBACKS[side].filter((_name, bit) => (mask & (1 << bit)) !== 0)));
}

/** The set with these callbacks; names of the other side are left out, repeats count once. */
export function callbackSet(side: Side, names: Iterable<Callback>): CallbackSet {
  let mask = 0;
  for (const name of names) {
    const bit = CALLBACKS[side].indexOf(name);
    if (bit >= 0) mask |= 1 << bit;
  }
  return SETS[side][mask]!;
}

/** The callback of a side that makes the connection, and the one that undoes it. */
export const ADD: Readonly<Record<Side, Callback>> = { producer: 'add_consumer', consumer: 'add_producer' };
export const DEL: Readonly<Record<Side, Callback>> = { producer: 'del_consumer', consumer: 'del_producer' };

/** The kernel refuses a consumer that lacks either of its two connecting callbacks. */
export function lacksRequiredCallbacks(side: Side, callbacks: CallbackSet): boolean {
  return side === 'consumer' && !(callbacks.includes('add_producer') && callbacks.includes('del_producer'));
}

/** One callback as it was run, or skipped because its side was gone. */
export interface CallbackRun {
  readonly side: Side;
  readonly callback: Callback;
  /** What it returned: 0, a driver's own number, -ETIMEDOUT past the deadline, -EIO for a throw. 0 when skipped. */
  readonly result: number;
  /** From call to return on the agent's clock; 0 when skipped. */
  readonly durationUs: number;
  readonly skipped: boolean;
}
