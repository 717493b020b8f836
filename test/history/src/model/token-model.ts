import type { CallbackSet, ConnectAborted, LogEvent, PairEvent, RegisteredEvent, Side, UnregisteredEvent } from '@irqmesh/domain';
import type { StoredEvent } from '../history.ts';
import { replayConnect, replayDisconnect } from './kernel-callbacks.ts';
import { replayAbort } from './replay-abort.ts';

/** One registration as the log has it, and what became of it. */
export interface ModelRegistration {
  readonly stored: StoredEvent;
  readonly sequence: number;
  readonly side: Side;
  readonly token: string;
  readonly host: string;
  readonly session: string;
  readonly participant: string;
  readonly requestId: string;
  readonly callbacks: CallbackSet;
  /** How long each of its callbacks may take. */
  readonly deadlineMs: number;
  readonly group: string | undefined;
  /** What its register came to; undefined while its connect is open. */
  result?: number | undefined;
  /** Its unregister that a client asked for. */
  ended?: StoredEvent | undefined;
  /** The event that says that its session is over or that its agent does not know it: it is gone. */
  expired?: StoredEvent | undefined;
}

/** An operation that ran callbacks, and the event that settled it. */
export interface ModelOperation {
  readonly kind: 'connect' | 'disconnect';
  readonly sequence: number;
  readonly producer: ModelRegistration;
  readonly consumer: ModelRegistration;
  readonly settledBy: StoredEvent;
}

type Waiting =
  | { readonly kind: 'register'; readonly sequence: number; readonly registration: ModelRegistration }
  | { readonly kind: 'unregister'; readonly sequence: number; readonly registration: ModelRegistration };

const EBUSY = -16;
const ENODEV = -19;

/** Where the model finds fault; the sentence is about the event that is being taken. */
export type Complain = (event: LogEvent, sentence: string) => void;

/**
 * The kernel's manager for one token, as `virt/lib/irqbypass.c` and the contract describe it, run one operation after
 * the other in the order of the log. It shares no code with the services: what they record is held against it.
 */
export class TokenModel {
  readonly token: string;
  readonly registrations: ModelRegistration[] = [];
  readonly operations: ModelOperation[] = [];
  /** By the sequence of each operation, those without callbacks too: the event with which it was settled. */
  readonly settled = new Map<number, StoredEvent>();
  readonly holders: Partial<Record<Side, ModelRegistration | undefined>> = {};
  connected = false;
  private readonly waiting: Waiting[] = [];
  private readonly bySequence = new Map<number, ModelRegistration>();
  private readonly newest: Partial<Record<Side, ModelRegistration>> = {};
  private readonly complain: Complain;

  constructor(token: string, complain: Complain) {
    this.token = token;
    this.complain = complain;
  }

  /** The operations that are not settled. */
  get open(): readonly number[] {
    return this.waiting.map(({ sequence }) => sequence);
  }

  take(stored: StoredEvent): void {
    const { event } = stored;
    const { body } = event;
    switch (body.type) {
      case 'ProducerRegistered':
      case 'ConsumerRegistered':
        return this.takeRegistered(stored, body);
      case 'ProducerUnregistered':
      case 'ConsumerUnregistered':
        return this.takeUnregistered(stored, body);
      case 'PairConnected':
      case 'ConnectFailed':
      case 'ConnectAborted':
      case 'PairDisconnected':
        return this.takePair(stored, body);
      default:
    }
  }

  private takeRegistered(stored: StoredEvent, { type, participant, callbacks, deadlineMs, requestId, quiesceGroup }: RegisteredEvent): void {
    const { event } = stored;
    const side: Side = type === 'ProducerRegistered' ? 'producer' : 'consumer';
    const holder = this.newest[side];
    if (holder !== undefined && stands(holder)) this.complain(event, `the token's ${side} stood already, registered by event ${holder.sequence}: this should have been refused with -EBUSY`);
    if (side === 'consumer' && !(callbacks.includes('add_producer') && callbacks.includes('del_producer'))) this.complain(event, 'a consumer without add_producer or del_producer should have been refused with -EINVAL');
    const { host, session, id } = participant;
    const registration: ModelRegistration = {
      stored, sequence: event.sequence, side, token: this.token, host, session, participant: id, requestId, callbacks, deadlineMs, group: quiesceGroup,
    };
    this.registrations.push(registration);
    this.bySequence.set(event.sequence, registration);
    if (holder === undefined || !stands(holder)) this.newest[side] = registration;
    this.waiting.push({ kind: 'register', sequence: event.sequence, registration });
    this.runIdle(stored);
  }

  private takeUnregistered(stored: StoredEvent, body: UnregisteredEvent): void {
    const { event } = stored;
    const { type, registrationSequence, registrationRequestId, participant, reason } = body;
    const side: Side = type === 'ProducerUnregistered' ? 'producer' : 'consumer';
    const registration = this.bySequence.get(registrationSequence);
    if (registration === undefined || registration.side !== side) return this.complain(event, `it names event ${registrationSequence}, which registers no ${side} of this token`);
    const { host, session, participant: id, requestId } = registration;
    if (requestId !== registrationRequestId || host !== participant.host || session !== participant.session || id !== participant.id) {
      this.complain(event, `it names another participant or request id than event ${registrationSequence}, which it ends`);
    }
    if (reason !== 'requested') {
      // It may come behind an unregister that was asked for: then it only says that the registration is gone.
      if (registration.expired !== undefined) this.complain(event, `the registration had been expired by event ${registration.expired.event.sequence}`);
      registration.expired ??= stored;
    } else {
      const earlier = registration.ended ?? registration.expired;
      if (earlier !== undefined) this.complain(event, `the registration had been ended by event ${earlier.event.sequence}`);
      registration.ended ??= stored;
    }
    this.waiting.push({ kind: 'unregister', sequence: event.sequence, registration });
    this.runIdle(stored);
  }

  private takePair(stored: StoredEvent, body: PairEvent): void {
    const { event } = stored;
    const head = this.waiting[0];
    if (head === undefined || head.sequence !== body.operationSequence) {
      return this.complain(event, `operation ${body.operationSequence} is not the one to be settled${head === undefined ? '' : `, which is ${head.sequence}`}`);
    }
    const producer = head.registration.side === 'producer' ? head.registration : this.holders.producer!;
    const consumer = head.registration.side === 'consumer' ? head.registration : this.holders.consumer!;
    if (body.producerSequence !== producer.sequence || body.consumerSequence !== consumer.sequence) {
      this.complain(event, `the pair is that of events ${producer.sequence} and ${consumer.sequence}, not ${body.producerSequence} and ${body.consumerSequence}`);
    }
    const settled = head.kind === 'register' ? this.settleConnect(event, body, head.registration, producer, consumer) : this.settleDisconnect(event, body, head.registration, producer, consumer);
    if (!settled) return;
    this.operations.push({ kind: head.kind === 'register' ? 'connect' : 'disconnect', sequence: head.sequence, producer, consumer, settledBy: stored });
    this.settled.set(head.sequence, stored);
    this.waiting.shift();
    this.runIdle(stored);
  }

  /** Whether the event settled the connect. */
  private settleConnect(event: LogEvent, body: PairEvent, newcomer: ModelRegistration, producer: ModelRegistration, consumer: ModelRegistration): boolean {
    const gone = [producer, consumer].filter(({ expired }) => expired !== undefined).map(({ side }) => side);
    if (body.type === 'PairDisconnected') {
      this.complain(event, 'it claims to disconnect a pair whose connect is open');
      return false;
    }
    if (body.type === 'ConnectAborted') return this.settleAborted(event, body, gone, newcomer, { producer: producer.callbacks, consumer: consumer.callbacks });
    // An expiry that came first takes the decision out of its hands: the event counts for nothing.
    if (gone.length > 0) return false;
    const { result, mistake } = replayConnect(body.runs, { producer: producer.callbacks, consumer: consumer.callbacks });
    if (mistake !== undefined) this.complain(event, mistake);
    const claimed = body.type === 'ConnectFailed' ? body.result : 0;
    if (result !== claimed) this.complain(event, `its callbacks make the result ${result}, it says ${claimed}`);
    if (body.type === 'ConnectFailed' && claimed === 0) this.complain(event, 'a connect that failed has a result other than 0');
    if (body.type === 'ConnectFailed' && body.newcomer !== newcomer.side) this.complain(event, `the newcomer is the ${newcomer.side}`);
    newcomer.result = claimed;
    if (claimed !== 0) return true;
    this.holders[newcomer.side] = newcomer;
    this.connected = true;
    return true;
  }

  private settleAborted(event: LogEvent, body: ConnectAborted, gone: readonly Side[], newcomer: ModelRegistration, supplied: Readonly<Record<Side, CallbackSet>>): boolean {
    const claimed = body.gone;
    const wrong = claimed.filter((side) => !gone.includes(side));
    if (wrong.length > 0 || claimed.length === 0) {
      this.complain(event, `${wrong.join(' and ') || 'nobody'} is gone according to it, and no expiry before it in the log says so`);
      if (gone.length === 0) return false;
    } else {
      const mistake = replayAbort(body.runs, supplied, claimed);
      if (mistake !== undefined) this.complain(event, mistake);
    }
    if (body.newcomer !== newcomer.side) this.complain(event, `the newcomer is the ${newcomer.side}`);
    newcomer.result = newcomer.expired === undefined ? 0 : ENODEV;
    if (newcomer.result === 0) this.holders[newcomer.side] = newcomer;
    return true;
  }

  /** Whether the event settled the disconnect. */
  private settleDisconnect(event: LogEvent, body: PairEvent, leaver: ModelRegistration, producer: ModelRegistration, consumer: ModelRegistration): boolean {
    if (body.type !== 'PairDisconnected') {
      this.complain(event, 'a disconnect is settled by PairDisconnected only');
      return false;
    }
    const mistake = replayDisconnect(body.runs, producer, consumer);
    if (mistake !== undefined) this.complain(event, mistake);
    this.connected = false;
    this.holders[leaver.side] = undefined;
    return true;
  }

  /** Runs what needs no callbacks, up to the first operation that does; the event is the one that let it run. */
  private runIdle(stored: StoredEvent): void {
    for (let head = this.waiting[0]; head !== undefined; head = this.waiting[0]) {
      const { registration } = head;
      const holder = this.holders[registration.side];
      if (head.kind === 'unregister') {
        if (holder === registration && this.connected) return;
        if (holder === registration) this.holders[registration.side] = undefined;
      } else if (holder !== undefined) {
        registration.result = EBUSY;
      } else if (this.holders[registration.side === 'producer' ? 'consumer' : 'producer'] !== undefined) {
        return;
      } else {
        registration.result = 0;
        this.holders[registration.side] = registration;
      }
      this.settled.set(head.sequence, stored);
      this.waiting.shift();
    }
  }
}

/** Whether it is registered or about to be, and nothing in the log ends it. */
export function stands({ result, ended, expired }: ModelRegistration): boolean {
  return (result === undefined || result === 0) && ended === undefined && expired === undefined;
}
