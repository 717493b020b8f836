import { Errno, IrqBypassError, parseToken } from '@irqmesh/domain';
import type { CallbackSet, LeaseTerms, Side } from '@irqmesh/domain';
import type { CallbackTable } from '../agent/callback-call.ts';
import { callbacksOf } from './callbacks.ts';
import type { ConsumerCallbacks, ProducerCallbacks } from './callbacks.ts';
import { Registration } from './registration.ts';
import type { Slots } from './slots.ts';

/** The largest 32-bit unsigned number. */
const MAX_IRQ = 0xffff_ffff;

/** What a participant says of itself beside its callbacks. */
export interface ParticipantOptions {
  /** 1 to 128 printable ASCII characters without spaces; unique per side on this host. A random one unless given. */
  readonly id?: string;
  /**
   * How long each callback may take, in milliseconds from its call, before it counts as -ETIMEDOUT: 1 to 55 % of the
   * sessions' time to live (5,500 with the usual 10 s). Half of the time to live (5,000) unless given.
   */
  readonly callbackDeadlineMs?: number;
  /**
   * Participants of this client that name the same group halt the same thing, such as one VM, with their stop: it stays
   * halted until the last of the overlapping operations is through. Asks for both stop and start, or neither.
   * 1 to 64 printable ASCII characters without spaces.
   */
  readonly quiesceGroup?: string;
}

/** What participants of both sides have in common. */
abstract class Handle {
  readonly id: string;
  protected readonly side: Side;
  protected readonly slots: Slots;
  private readonly callbacks: CallbackTable;
  private readonly supplied: CallbackSet;
  private readonly deadlineMs: number;
  private readonly quiesceGroup: string | undefined;

  protected constructor(side: Side, id: string, options: ParticipantOptions & ProducerCallbacks & ConsumerCallbacks, terms: LeaseTerms, slots: Slots) {
    const { table, supplied } = callbacksOf(side, options);
    this.side = side;
    this.id = id;
    this.slots = slots;
    this.callbacks = table;
    this.supplied = supplied;
    this.deadlineMs = deadlineOf(options.callbackDeadlineMs, terms);
    this.quiesceGroup = options.quiesceGroup;
    if (this.quiesceGroup !== undefined && supplied.includes('stop') !== supplied.includes('start')) {
      throw invalid('a participant of a quiesce group must supply both stop and start, or neither');
    }
  }

  /** Whether it is registered, by whichever call. False while its registration waits to be restored. */
  get registered(): boolean {
    return this.slots.find(this.side, this.id)?.registration !== undefined;
  }

  /**
   * Ends the participant's registration, as `Registration.unregister` does. If it is not registered, nothing happens;
   * only a callback that overran its deadline is waited for.
   * @throws IrqBypassError -ETIMEDOUT when it was not settled within the request timeout.
   */
  unregister(): Promise<void> {
    return this.slots.use(this.side, this.id, (slot) => slot.unregister());
  }

  protected async registerWith(token: string, irq: number | undefined, onAccepted: () => void): Promise<Registration> {
    const { side, id, callbacks, supplied, deadlineMs, quiesceGroup } = this;
    const request = { side, id, token: parseToken(token), irq, callbacks, supplied, deadlineMs, quiesceGroup };
    const record = await this.slots.use(side, id, (slot) => slot.register(request, onAccepted));
    return new Registration(record, this.slots);
  }
}

/** A producer, such as a VFIO vector: `struct irq_bypass_producer`. It can be registered again and again. */
export class Producer extends Handle {
  private recordedIrq = 0;

  constructor(id: string, options: ParticipantOptions & ProducerCallbacks, terms: LeaseTerms, slots: Slots) {
    super('producer', id, options, terms, slots);
  }

  /**
   * The host interrupt that the last registration recorded; 0 before the first. A registration that is refused or fails
   * has recorded it all the same, unless it was refused since the producer was registered, as in the kernel.
   */
  get irq(): number {
    return this.recordedIrq;
  }

  /**
   * `irq_bypass_register_producer`. Resolves when it is settled: waiting for a consumer with this token, or connected.
   * A connect calls, each where supplied: stop of the producer, stop of the consumer, addConsumer, addProducer, then
   * start of the consumer, start of the producer. If addProducer fails, delConsumer is called before the starts.
   * @param token 1 to 128 bytes of UTF-8, compared byte for byte.
   * @param irq the host interrupt, 0 to 2^32 - 1.
   * @throws IrqBypassError -EINVAL when the producer is registered or an argument is wrong; -EBUSY when the token has a
   *   producer; -ENOMEM when the service has no room; what a failing callback returned, unchanged; -ENODEV when the
   *   session was lost; -ETIMEDOUT when a callback overran its deadline, or it was not settled within the request
   *   timeout (30 s unless set otherwise). In the latter case the outcome is not known: the SDK goes on by itself until
   *   it is, and unregisters what was registered after all.
   */
  async register(token: string, irq: number): Promise<Registration> {
    if (!Number.isInteger(irq) || irq < 0 || irq > MAX_IRQ) throw invalid(`the irq ${String(irq)} is not a whole number from 0 to ${MAX_IRQ}`);
    return this.registerWith(token, irq, () => (this.recordedIrq = irq));
  }
}

/** A consumer, such as a KVM irqfd: `struct irq_bypass_consumer`. It can be registered again and again. */
export class Consumer extends Handle {
  constructor(id: string, options: ParticipantOptions & ConsumerCallbacks, terms: LeaseTerms, slots: Slots) {
    super('consumer', id, options, terms, slots);
  }

  /**
   * `irq_bypass_register_consumer`: as `Producer.register`, without an irq.
   * @throws IrqBypassError as `Producer.register`; -EINVAL too without both addProducer and delProducer.
   */
  register(token: string): Promise<Registration> {
    return this.registerWith(token, undefined, () => {});
  }
}

function deadlineOf(deadlineMs: number | undefined, { defaultDeadlineMs, maxDeadlineMs }: LeaseTerms): number {
  if (deadlineMs === undefined) return defaultDeadlineMs;
  if (Number.isInteger(deadlineMs) && deadlineMs >= 1 && deadlineMs <= maxDeadlineMs) return deadlineMs;
  throw invalid(`the callback deadline of ${deadlineMs} ms is not a whole number from 1 to ${maxDeadlineMs}, the most that the sessions' time to live allows`);
}

function invalid(message: string): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, message);
}
