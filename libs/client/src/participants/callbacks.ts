import { CALLBACKS, callbackSet, Errno, IrqBypassError } from '@irqmesh/domain';
import type { Callback, CallbackSet, Side } from '@irqmesh/domain';
import type { CallbackFunction, CallbackTable } from '../agent/callback-call.ts';

/** The optional callbacks of both sides. */
interface QuiesceCallbacks {
  /** Halts what the interrupt belongs to, before it is connected or disconnected. */
  readonly stop?: CallbackFunction;
  /** Lets it go on; called last, also after a failure. */
  readonly start?: CallbackFunction;
}

/** The callbacks of `struct irq_bypass_producer`; all of them optional. */
export interface ProducerCallbacks extends QuiesceCallbacks {
  /** Connects this producer to a consumer; any result but 0 fails the connect. */
  readonly addConsumer?: CallbackFunction;
  /** Undoes `addConsumer`; also called when the consumer's `addProducer` failed. */
  readonly delConsumer?: CallbackFunction;
}

/** The callbacks of `struct irq_bypass_consumer`. One without both of `addProducer` and `delProducer` is refused. */
export interface ConsumerCallbacks extends QuiesceCallbacks {
  /** Connects this consumer to a producer; any result but 0 fails the connect. */
  readonly addProducer?: CallbackFunction;
  /** Undoes `addProducer`; not called when that failed. */
  readonly delProducer?: CallbackFunction;
}

/** The names of this API for the kernel's. */
const NAMES: Readonly<Record<Callback, keyof ProducerCallbacks | keyof ConsumerCallbacks>> = {
  stop: 'stop',
  start: 'start',
  add_consumer: 'addConsumer',
  del_consumer: 'delConsumer',
  add_producer: 'addProducer',
  del_producer: 'delProducer',
};

/**
 * The callbacks that an object supplies for a side, bound to it.
 * @throws IrqBypassError -EINVAL for one that is no function.
 */
export function callbacksOf(side: Side, source: ProducerCallbacks & ConsumerCallbacks): { readonly table: CallbackTable; readonly supplied: CallbackSet } {
  const table: Partial<Record<Callback, CallbackFunction>> = {};
  for (const callback of CALLBACKS[side]) {
    const supplied: unknown = source[NAMES[callback]];
    if (supplied === undefined) continue;
    if (typeof supplied !== 'function') throw new IrqBypassError(Errno.EINVAL, `${NAMES[callback]} must be a function, not ${typeof supplied}`);
    table[callback] = (supplied as CallbackFunction).bind(source);
  }
  return { table, supplied: callbackSet(side, Object.keys(table) as Callback[]) };
}
