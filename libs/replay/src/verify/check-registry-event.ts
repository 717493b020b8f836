import { findRegistration, formatParticipant, holderOf, isExpiry, lacksRequiredCallbacks, participantKey, standingRegistration } from '@irqmesh/domain';
import type { Fold, RegisteredEvent, Side, UnregisteredEvent } from '@irqmesh/domain';
import type { Breach } from './entry.ts';
import type { TokenTrack } from './token-track.ts';

/**
 * Whether the registry could decide so: nobody holds the token's side, and the participant is not registered.
 * @param fold of everything before the event.
 * @param lateCopies whether a late copy of a register may stand in the log although its participant has gone on since.
 */
export function checkRegistered(body: RegisteredEvent, { state }: TokenTrack, fold: Fold, lateCopies: boolean): Breach | undefined {
  const breach = (sentence: string): Breach => ({ invariant: 'registration', sentence });
  const side: Side = body.type === 'ProducerRegistered' ? 'producer' : 'consumer';
  const { participant, requestId, callbacks } = body;
  const who = `${side} ${formatParticipant(participant)}`;
  const memory = fold.participant(side, participant);
  if (memory?.register.requestId === requestId) return breach(`request ${requestId} of ${who} was taken by event ${memory.register.sequence}`);
  const standing = lateCopies ? undefined : standingRegistration(fold, side, participant);
  if (standing !== undefined) return breach(`${who} was registered already, by event ${standing.register.sequence}`);
  if (lacksRequiredCallbacks(side, callbacks)) return breach('a consumer must supply both add_producer and del_producer');
  const holder = holderOf(state, side);
  return holder === undefined ? undefined : breach(`its token had a ${side} already, registered by event ${holder.sequence}`);
}

/**
 * Whether the registry could decide so: the registration is there and not unregistered, or not expired if it expires now.
 * One that a failed connect has just removed may be unregistered late, by a registry that did not know yet.
 */
export function checkUnregistered(body: UnregisteredEvent, { after }: TokenTrack): Breach | undefined {
  const breach = (sentence: string): Breach => ({ invariant: 'unregistration', sentence });
  const { type, registrationSequence, registrationRequestId, participant, reason } = body;
  const side: Side = type === 'ProducerUnregistered' ? 'producer' : 'consumer';
  const registration = findRegistration(after[side], registrationSequence);
  if (registration?.side !== side) return breach(`it ends registration ${registrationSequence}, which its token does not have as a ${side}`);
  const named = `registration ${registrationSequence}`;
  if (participantKey(side, registration.participant) !== participantKey(side, participant)) {
    return breach(`it ends ${named} for ${formatParticipant(participant)}, whose it is not: it is that of ${formatParticipant(registration.participant)}`);
  }
  if (registration.requestId !== registrationRequestId) return breach(`it ends ${named} by request id ${registrationRequestId}, which is ${registration.requestId}`);
  if (isExpiry(reason)) return registration.gone ? breach(`${named} was expired before`) : undefined;
  const { leavingSequence } = registration;
  return leavingSequence === undefined ? undefined : breach(`${named} was unregistered before, by event ${leavingSequence}`);
}
