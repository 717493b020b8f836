import type { CallbackSet } from './callbacks.ts';
import { lacksRequiredCallbacks } from './callbacks.ts';
import { Errno } from './errno.ts';
import type { EventBody, UnregisterReason } from './event.ts';
import type { Fold } from './fold.ts';
import { standingRegistration } from './fold.ts';
import type { Participant, Side } from './participant.ts';
import { formatParticipant } from './participant.ts';
import type { Registration } from './registration.ts';
import { isEarlierRequest } from './request-order.ts';
import { findRegistration, holderOf, isOpen } from './token-state.ts';

/** A wish to register one participant with a token. */
export interface RegisterCommand {
  readonly side: Side;
  readonly participant: Participant;
  readonly token: string;
  /** Producers only. */
  readonly irq?: number | undefined;
  readonly callbacks: CallbackSet;
  readonly deadlineMs: number;
  readonly requestId: string;
  readonly quiesceGroup?: string | undefined;
}

/** A wish to undo the registration that was made by `registrationRequestId`. */
export interface UnregisterCommand {
  readonly side: Side;
  readonly participant: Participant;
  readonly token: string;
  readonly registrationRequestId: string;
  readonly requestId: string;
}

/** What a registry does with a command, given its fold. */
export type Decision =
  /** Append this under the token, expecting the last event of the token and side to have this sequence. */
  | { readonly kind: 'append'; readonly token: string; readonly body: EventBody; readonly expectedLastSequence: number }
  /** Answer with this result, once the fold is as fresh as the leader on these tokens. */
  | { readonly kind: 'answer'; readonly result: number; readonly message: string; readonly warning: boolean; readonly holder?: Registration | undefined; readonly freshTokens: readonly string[] }
  /** The command was taken before: its answer is that operation's. */
  | { readonly kind: 'repeat'; readonly token: string; readonly operationSequence: number; readonly result?: number | undefined }
  /** The answer depends on an operation that is not settled: wait for it, then decide again. */
  | { readonly kind: 'wait'; readonly token: string; readonly operationSequence: number };

/**
 * Decides a registration; a late copy of a request that the participant has gone on from is dropped with -ESTALE, which
 * nobody waits for. Otherwise in the kernel's order: -EINVAL for a participant that is registered, -EINVAL for a consumer
 * without its connecting callbacks, -EBUSY for a token that is taken, -ENOMEM where there is no room.
 * @param hasRoom whether the service can take one more token, and one more registration of the session.
 */
export function decideRegister(fold: Fold, command: RegisterCommand, hasRoom: boolean): Decision {
  const { side, participant, token, requestId } = command;
  const memory = fold.participant(side, participant);
  if (memory?.register.requestId === requestId) {
    return { kind: 'repeat', token: memory.register.token, operationSequence: memory.register.sequence, result: memory.register.result };
  }
  if (memory !== undefined && isEarlierRequest(requestId, memory.register.requestId)) {
    const message = `request ${requestId} is a late copy: its participant has registered anew since, as ${memory.register.requestId}`;
    return { kind: 'answer', result: Errno.ESTALE, message, warning: false, freshTokens: [] };
  }
  const standing = standingRegistration(fold, side, participant);
  if (standing !== undefined) {
    const { register } = standing;
    if (register.result === undefined) return { kind: 'wait', token: register.token, operationSequence: register.sequence };
    const message = `${side} ${formatParticipant(participant)} is registered already, with token ${JSON.stringify(register.token)}`;
    const holder = findRegistration(fold.token(register.token), register.sequence);
    return { kind: 'answer', result: Errno.EINVAL, message, warning: true, holder, freshTokens: [...new Set([token, register.token])] };
  }
  if (lacksRequiredCallbacks(side, command.callbacks)) {
    const message = 'a consumer must supply both addProducer and delProducer';
    return { kind: 'answer', result: Errno.EINVAL, message, warning: false, freshTokens: [] };
  }
  const state = fold.token(token);
  const holder = holderOf(state, side);
  if (holder !== undefined) {
    if (isOpen(state, holder.sequence)) return { kind: 'wait', token, operationSequence: holder.sequence };
    const message = `token ${JSON.stringify(token)} has a ${side} already: ${formatParticipant(holder.participant)}`;
    return { kind: 'answer', result: Errno.EBUSY, message, warning: false, holder, freshTokens: [token] };
  }
  if (!hasRoom) {
    const message = 'this service has no room: its limit of tokens, or of registrations of one session, is reached';
    return { kind: 'answer', result: Errno.ENOMEM, message, warning: false, freshTokens: [token] };
  }
  return { kind: 'append', token, body: registeredBody(command), expectedLastSequence: state.lastSequence[side] };
}

/** Decides an unregistration: removes the named registration, whatever its token, or does nothing if there is none. */
export function decideUnregister(fold: Fold, command: UnregisterCommand): Decision {
  const { side, participant, token, registrationRequestId, requestId } = command;
  const memory = fold.participant(side, participant);
  const nothing: Decision = { kind: 'answer', result: 0, message: '', warning: false, freshTokens: [...new Set([token, memory?.register.token ?? token])] };
  if (memory?.register.requestId !== registrationRequestId) return nothing;
  const { register, unregister } = memory;
  // Whoever asked first, this one's callbacks have run when that operation is settled.
  if (unregister !== undefined) {
    return { kind: 'repeat', token: register.token, operationSequence: unregister.sequence, result: unregister.settled ? 0 : undefined };
  }
  if (register.result !== undefined && register.result !== 0) return nothing;
  const state = fold.token(register.token);
  const registration = findRegistration(state, register.sequence);
  if (registration === undefined) return nothing;
  const body = unregisteredBody(registration, requestId, 'requested');
  return { kind: 'append', token: register.token, body, expectedLastSequence: state.lastSequence[side] };
}

/**
 * Decides the end of a registration whose session is over or whose agent disowns it: an event unless one like it stands
 * in the log already, even behind an unregister that was asked for.
 */
export function decideExpiry(fold: Fold, token: string, sequence: number, requestId: string, reason: 'session_expired' | 'disowned'): Decision | undefined {
  const state = fold.token(token);
  const registration = findRegistration(state, sequence);
  if (registration === undefined || registration.gone) return undefined;
  return { kind: 'append', token, body: unregisteredBody(registration, requestId, reason), expectedLastSequence: state.lastSequence[registration.side] };
}

function registeredBody(command: RegisterCommand): EventBody {
  const { participant, callbacks, deadlineMs, requestId, quiesceGroup } = command;
  const details = { participant, callbacks, deadlineMs, requestId, quiesceGroup };
  if (command.side === 'consumer') return { type: 'ConsumerRegistered', ...details };
  return { type: 'ProducerRegistered', ...details, irq: command.irq ?? 0 };
}

function unregisteredBody(registration: Registration, requestId: string, reason: UnregisterReason): EventBody {
  const type = registration.side === 'producer' ? 'ProducerUnregistered' : 'ConsumerUnregistered';
  const { participant, sequence, requestId: registrationRequestId } = registration;
  return { type, participant, registrationSequence: sequence, registrationRequestId, requestId, reason };
}
