import type { CallbackRun, CallbackSet } from './callbacks.ts';
import type { Participant, Side } from './participant.ts';

/** Why a registration ended: asked for, its session's lease ran out, or its agent no longer knows it. */
export type UnregisterReason = 'requested' | 'session_expired' | 'disowned';

/** What a participant states when it registers. */
export interface RegistrationDetails {
  readonly participant: Participant;
  readonly callbacks: CallbackSet;
  /** How long each callback may take before it counts as -ETIMEDOUT. */
  readonly deadlineMs: number;
  readonly requestId: string;
  /** The quiesce group of its agent whose stop and start it shares, if any. */
  readonly quiesceGroup?: string | undefined;
}

export interface ProducerRegistered extends RegistrationDetails {
  readonly type: 'ProducerRegistered';
  readonly irq: number;
}

export interface ConsumerRegistered extends RegistrationDetails {
  readonly type: 'ConsumerRegistered';
}

interface Unregistered {
  /** Which registration ends: the sequence and request id of its event. */
  readonly registrationSequence: number;
  readonly registrationRequestId: string;
  readonly participant: Participant;
  /** The unregister's own request id. */
  readonly requestId: string;
  readonly reason: UnregisterReason;
}

export interface ProducerUnregistered extends Unregistered {
  readonly type: 'ProducerUnregistered';
}

export interface ConsumerUnregistered extends Unregistered {
  readonly type: 'ConsumerUnregistered';
}

/** What every outcome of an operation on a pair carries. */
interface PairOutcome {
  readonly producerSequence: number;
  readonly consumerSequence: number;
  /** The sequence of the registry event that caused the operation: the operation's identity. */
  readonly operationSequence: number;
  readonly runs: readonly CallbackRun[];
}

export interface PairConnected extends PairOutcome {
  readonly type: 'PairConnected';
}

/** The connect failed. This event is the newcomer's removal. */
export interface ConnectFailed extends PairOutcome {
  readonly type: 'ConnectFailed';
  readonly newcomer: Side;
  /** The failing callback's result, unchanged. */
  readonly result: number;
}

/** A side's expiry came before the connect was settled; the reachable side was rolled back. */
export interface ConnectAborted extends PairOutcome {
  readonly type: 'ConnectAborted';
  readonly newcomer: Side;
  readonly gone: readonly Side[];
}

export interface PairDisconnected extends PairOutcome {
  readonly type: 'PairDisconnected';
}

/** Evidence: an operation has been open for longer than a threshold. */
export interface HandshakeStalled {
  readonly type: 'HandshakeStalled';
  readonly operationSequence: number;
  /** The side and step that is waited for. */
  readonly waitingFor: Side;
  readonly step: string;
  readonly openForMs: number;
}

/** Evidence: registrations that were refused; the kernel tells only the caller. */
export interface RegistrationRefused {
  readonly type: 'RegistrationRefused';
  readonly side: Side;
  readonly participant: Participant;
  readonly result: number;
  /** The sequence of the registration that stands in the way, if one does. */
  readonly holderSequence?: number | undefined;
  /** How many equal refusals this note stands for: repeats within a second are one note. */
  readonly count: number;
}

export type ProducerEvent = ProducerRegistered | ProducerUnregistered;
export type ConsumerEvent = ConsumerRegistered | ConsumerUnregistered;
export type RegisteredEvent = ProducerRegistered | ConsumerRegistered;
export type UnregisteredEvent = ProducerUnregistered | ConsumerUnregistered;
export type PairEvent = PairConnected | ConnectFailed | ConnectAborted | PairDisconnected;
export type Note = HandshakeStalled | RegistrationRefused;

/** What happened, without where in the log it stands. */
export type EventBody = ProducerEvent | ConsumerEvent | PairEvent | Note;

/** The part of the subject that names who may write an event. */
export type EventKind = 'producer' | 'consumer' | 'pair' | 'note';

const KINDS: Readonly<Record<EventBody['type'], EventKind>> = {
  ProducerRegistered: 'producer',
  ProducerUnregistered: 'producer',
  ConsumerRegistered: 'consumer',
  ConsumerUnregistered: 'consumer',
  PairConnected: 'pair',
  ConnectFailed: 'pair',
  ConnectAborted: 'pair',
  PairDisconnected: 'pair',
  HandshakeStalled: 'note',
  RegistrationRefused: 'note',
};

export function eventKind(type: EventBody['type']): EventKind {
  return KINDS[type];
}

/** An event that is about to be appended. */
export interface NewEvent {
  /** The message id: unique for each decision, the same for each attempt to append it. */
  readonly id: string;
  readonly token: string;
  /** When its writer decided it, on the writer's clock. */
  readonly timeMs: number;
  /** Who wrote it: a service and its instance. */
  readonly source: string;
  /** The id of the event or request that caused it. */
  readonly causationId?: string | undefined;
  /** W3C trace context of the request that caused it. */
  readonly traceparent?: string | undefined;
  readonly body: EventBody;
}

/** An event as it stands in the log. `sequence` is the stream's, from 1. */
export interface LogEvent extends NewEvent {
  readonly sequence: number;
}
