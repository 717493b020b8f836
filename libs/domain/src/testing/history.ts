import { CALLBACKS } from '../callbacks.ts';
import type { CallbackSet } from '../callbacks.ts';
import type { RegisterCommand, UnregisterCommand } from '../decide.ts';
import { Errno } from '../errno.ts';
import type { EventBody, LogEvent, UnregisterReason } from '../event.ts';
import { Fold } from '../fold.ts';
import type { FoldLimits } from '../fold.ts';
import { goneSides } from '../operation.ts';
import type { PairOperation } from '../operation.ts';
import type { Participant, Side } from '../participant.ts';
import { emptyTokenState, evolve, nextOperation } from '../token-state.ts';
import type { TokenState } from '../token-state.ts';

/** What a registration states where the usual will not do. */
export interface RegistrationOptions {
  readonly token?: string;
  readonly session?: string;
  readonly callbacks?: CallbackSet;
  readonly requestId?: string;
  readonly irq?: number;
}

/** The token of a history's events unless they say otherwise. */
export const TOKEN = 'token';
export const SESSION = { host: 'host-a', session: 's1' };

export function participant(id: string, session: string = SESSION.session): Participant {
  return { host: SESSION.host, session, id };
}

/** A wish to register, by default with every callback. */
export function registerCommand(side: Side, id: string, options: RegistrationOptions = {}): RegisterCommand {
  return {
    side,
    participant: participant(id, options.session),
    token: options.token ?? TOKEN,
    irq: side === 'producer' ? (options.irq ?? 32) : undefined,
    callbacks: options.callbacks ?? CALLBACKS[side],
    deadlineMs: 5_000,
    requestId: options.requestId ?? `register-${id}`,
  };
}

/** A wish to undo what `registerCommand` of the same side, participant and options asked for. */
export function unregisterCommand(side: Side, id: string, options: RegistrationOptions & { readonly unregisterId?: string } = {}): UnregisterCommand {
  const { participant: who, token, requestId: registrationRequestId } = registerCommand(side, id, options);
  return { side, participant: who, token, registrationRequestId, requestId: options.unregisterId ?? `unregister-${id}` };
}

/** A log written by hand: each call appends one event and returns its sequence. */
export class History {
  readonly events: LogEvent[] = [];

  producer(id: string, options: RegistrationOptions = {}): number {
    const { participant: who, token, irq, callbacks, deadlineMs, requestId } = registerCommand('producer', id, options);
    return this.append(token, { type: 'ProducerRegistered', participant: who, irq: irq!, callbacks, deadlineMs, requestId });
  }

  consumer(id: string, options: RegistrationOptions = {}): number {
    const { participant: who, token, callbacks, deadlineMs, requestId } = registerCommand('consumer', id, options);
    return this.append(token, { type: 'ConsumerRegistered', participant: who, callbacks, deadlineMs, requestId });
  }

  /** The registration with this sequence asks to leave. */
  unregister(registrationSequence: number, reason: UnregisterReason = 'requested'): number {
    const { token, body } = this.event(registrationSequence);
    if (body.type !== 'ProducerRegistered' && body.type !== 'ConsumerRegistered') throw new Error(`event ${registrationSequence} is no registration`);
    const type = body.type === 'ProducerRegistered' ? 'ProducerUnregistered' : 'ConsumerUnregistered';
    const { participant: who, requestId: registrationRequestId } = body;
    const requestId = `${reason}-${this.events.length + 1}`;
    return this.append(token, { type, participant: who, registrationSequence, registrationRequestId, requestId, reason });
  }

  /** The session of the registration with this sequence is over. */
  expire(registrationSequence: number): number {
    return this.unregister(registrationSequence, 'session_expired');
  }

  connected(operationSequence: number): number {
    return this.append(this.event(operationSequence).token, { type: 'PairConnected', ...this.outcome(operationSequence) });
  }

  failed(operationSequence: number, result: number = Errno.EIO): number {
    const newcomer = this.sideOf(operationSequence);
    return this.append(this.event(operationSequence).token, { type: 'ConnectFailed', ...this.outcome(operationSequence), newcomer, result });
  }

  aborted(operationSequence: number): number {
    const { token } = this.event(operationSequence);
    const operation = this.operation(token);
    const gone = operation === undefined ? [] : goneSides(operation);
    return this.append(token, { type: 'ConnectAborted', ...this.outcome(operationSequence), newcomer: this.sideOf(operationSequence), gone });
  }

  disconnected(operationSequence: number): number {
    return this.append(this.event(operationSequence).token, { type: 'PairDisconnected', ...this.outcome(operationSequence) });
  }

  /** A refusal and a stalled handshake, which only tell. */
  notes(token: string = TOKEN): void {
    this.append(token, { type: 'RegistrationRefused', side: 'producer', participant: participant('refused'), result: Errno.EBUSY, count: 1 });
    this.append(token, { type: 'HandshakeStalled', operationSequence: 1, waitingFor: 'consumer', step: 'add_producer', openForMs: 5_000 });
  }

  /** A producer and a consumer that are connected: their sequences. */
  pair(options: { readonly token?: string } = {}): { readonly producer: number; readonly consumer: number } {
    const producer = this.producer('P', options);
    const consumer = this.consumer('C', options);
    this.connected(consumer);
    return { producer, consumer };
  }

  append(token: string, body: EventBody): number {
    const sequence = this.events.length + 1;
    this.events.push({ sequence, id: `event-${sequence}`, token, timeMs: sequence, source: 'test', body });
    return sequence;
  }

  /** The token's state after all events so far. */
  state(token: string = TOKEN): TokenState {
    return this.events.filter((event) => event.token === token).reduce(evolve, emptyTokenState(token));
  }

  operation(token: string = TOKEN): PairOperation | undefined {
    return nextOperation(this.state(token));
  }

  fold(limits?: FoldLimits): Fold {
    const fold = new Fold(limits);
    for (const event of this.events) fold.apply(event);
    return fold;
  }

  private outcome(operationSequence: number) {
    const operation = this.operation(this.event(operationSequence).token);
    return { producerSequence: operation?.producer.sequence ?? 0, consumerSequence: operation?.consumer.sequence ?? 0, operationSequence, runs: [] };
  }

  private sideOf(sequence: number): Side {
    return this.event(sequence).body.type.startsWith('Producer') ? 'producer' : 'consumer';
  }

  private event(sequence: number): LogEvent {
    const event = this.events[sequence - 1];
    if (event === undefined) throw new Error(`there is no event ${sequence}`);
    return event;
  }
}
