import type { UnregisterReason } from './event.ts';
import type { Participant, Side } from './participant.ts';
import type { Registration } from './registration.ts';

/** A registration that waits for its turn on its token. */
export interface RegisterOperation {
  readonly kind: 'register';
  /** The sequence of the registry event that caused it: the operation's identity. */
  readonly sequence: number;
  readonly registration: Registration;
}

/** An unregistration that waits for its turn on its token. */
export interface UnregisterOperation {
  readonly kind: 'unregister';
  readonly sequence: number;
  readonly side: Side;
  readonly participant: Participant;
  readonly requestId: string;
  readonly registrationSequence: number;
  readonly reason: UnregisterReason;
}

export type QueuedOperation = RegisterOperation | UnregisterOperation;

/** How a queued operation ended. */
export interface Settlement {
  readonly operation: QueuedOperation;
  /** 0, or why a registration does not stand. An unregister's is always 0. */
  readonly result: number;
}

/** What the matcher has to drive: the head of a token's queue, when it is about a pair. */
export interface PairOperation {
  readonly kind: 'connect' | 'disconnect';
  readonly token: string;
  /** The sequence of the registry event that caused it. */
  readonly sequence: number;
  /** The side whose registry event caused it: the newcomer of a connect, the leaver of a disconnect. */
  readonly causedBy: Side;
  readonly producer: Registration;
  readonly consumer: Registration;
}

/** The sides of an operation whose expiry stands in the log. */
export function goneSides(operation: PairOperation): readonly Side[] {
  const gone: Side[] = [];
  if (operation.producer.gone) gone.push('producer');
  if (operation.consumer.gone) gone.push('consumer');
  return gone;
}
