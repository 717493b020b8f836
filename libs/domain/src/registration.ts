import type { RegistrationDetails, RegisteredEvent, UnregisterReason } from './event.ts';
import type { Side } from './participant.ts';

/** A registration as the fold knows it. Its identity is `sequence`, the stream sequence of its event. */
export interface Registration extends RegistrationDetails {
  readonly sequence: number;
  readonly side: Side;
  /** Producers only: the host interrupt. */
  readonly irq?: number | undefined;
  /** The first unregister in the log for it, if there is one: from then on its token counts as free. */
  readonly leavingSequence?: number | undefined;
  /** Its expiry stands in the log (`session_expired` or `disowned`): none of its callbacks can be run any more. */
  readonly gone: boolean;
}

export function registrationOf(sequence: number, event: RegisteredEvent): Registration {
  const { participant, callbacks, deadlineMs, requestId, quiesceGroup } = event;
  const side = event.type === 'ProducerRegistered' ? 'producer' : 'consumer';
  const irq = event.type === 'ProducerRegistered' ? event.irq : undefined;
  return { sequence, side, participant, irq, callbacks, deadlineMs, requestId, quiesceGroup, gone: false };
}

/** Whether a side that leaves for this reason can still be called: only one that asked to leave can. */
export function isExpiry(reason: UnregisterReason): boolean {
  return reason !== 'requested';
}

/** The registration once an unregister for it stands in the log. */
export function leaving(registration: Registration, sequence: number, reason: UnregisterReason): Registration {
  const leavingSequence = registration.leavingSequence ?? sequence;
  return { ...registration, leavingSequence, gone: registration.gone || isExpiry(reason) };
}
