import type { Participant, Side } from '@irqmesh/domain';
import type { RegistrationRecord } from './registration-record.ts';
import type { Slots } from './slots.ts';

/** A registration, as the caller that made it holds it. It stays the same when it is restored under a new session. */
export class Registration {
  private readonly record: RegistrationRecord;
  private readonly slots: Slots;

  constructor(record: RegistrationRecord, slots: Slots) {
    this.record = record;
    this.slots = slots;
  }

  get side(): Side {
    return this.record.request.side;
  }

  get token(): string {
    return this.record.request.token;
  }

  /** The host interrupt of a producer; undefined for a consumer. */
  get irq(): number | undefined {
    return this.record.request.irq;
  }

  /** Who is registered: host, session and id. The session changes when the registration is restored. */
  get participant(): Participant {
    return this.record.basis.agent.holding.participant;
  }

  /** The id of the request that made it, which its event in the log carries; another one after it was restored. */
  get requestId(): string {
    return this.record.basis.requestId;
  }

  /** Whether it stands. False while it waits to be restored after its session was lost. */
  get registered(): boolean {
    return this.record.state === 'registered' || this.record.state === 'unregistering';
  }

  /**
   * Ends the registration. If it is connected, the disconnect runs first: stop of the producer, stop of the consumer,
   * delProducer, delConsumer, start of the consumer, start of the producer, each where supplied. Resolves when that is
   * done; after that no callback of it runs again. The other side stays registered and can match again.
   *
   * One that does not stand any more is left as it is, silently. If the session is lost meanwhile, it resolves when
   * everything has been torn down here.
   * @throws IrqBypassError -ETIMEDOUT when it was not settled within the request timeout (30 s unless set otherwise):
   *   the registration stands, or its end is under way; try again.
   */
  unregister(): Promise<void> {
    const { side, id } = this.record.request;
    return this.slots.use(side, id, (slot) => slot.unregister(this.record));
  }
}
