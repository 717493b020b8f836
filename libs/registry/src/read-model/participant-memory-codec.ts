import type { ParticipantMemory, Registration, Side, TokenState } from '@irqmesh/domain';
import { findRegistration, isOpen } from '@irqmesh/domain';
import { DamagedRowError } from './damage.ts';

/*
 * A participant that is not at rest has its registration in its token's state, and what is remembered of it follows from
 * there. Storing only the others makes a restart read half as much, and the table as small as what may be forgotten.
 */

/** What a token's state implies of the participant of one of its registrations. */
export function impliedMemory(state: TokenState, registration: Registration): ParticipantMemory {
  const { side, participant, requestId, sequence } = registration;
  const { token } = state;
  if (state.queue.length === 0) return { side, participant, register: { requestId, token, sequence, result: 0 } };
  const register = isOpen(state, sequence) ? { requestId, token, sequence } : { requestId, token, sequence, result: 0 };
  // The first of its unregisters is remembered, and while the registration is there that one is still in the queue.
  for (const operation of state.queue) {
    if (operation.kind !== 'unregister' || operation.registrationSequence !== sequence) continue;
    return { side, participant, register, unregister: { requestId: operation.requestId, sequence: operation.sequence, settled: false } };
  }
  return { side, participant, register };
}

/** Whether the state of its token, undefined if unknown, implies this memory. */
export function isImplied(memory: ParticipantMemory, state: TokenState | undefined): boolean {
  if (state === undefined) return false;
  const registration = findRegistration(state, memory.register.sequence);
  return registration !== undefined && isSame(memory, impliedMemory(state, registration));
}

function isSame(a: ParticipantMemory, b: ParticipantMemory): boolean {
  return (
    a.side === b.side &&
    a.participant.id === b.participant.id &&
    a.participant.session === b.participant.session &&
    a.participant.host === b.participant.host &&
    a.register.requestId === b.register.requestId &&
    a.register.token === b.register.token &&
    a.register.sequence === b.register.sequence &&
    a.register.result === b.register.result &&
    a.unregister?.requestId === b.unregister?.requestId &&
    a.unregister?.sequence === b.unregister?.sequence &&
    a.unregister?.settled === b.unregister?.settled
  );
}

type MemoryTuple = readonly [
  side: Side,
  host: string,
  session: string,
  id: string,
  requestId: string,
  token: string,
  sequence: number,
  result: number | null,
  unregister: readonly [requestId: string, sequence: number, settled: 0 | 1] | 0,
];

export function encodeMemory({ side, participant, register, unregister }: ParticipantMemory): string {
  const { host, session, id } = participant;
  const { requestId, token, sequence, result } = register;
  const tail: MemoryTuple[8] = unregister === undefined ? 0 : [unregister.requestId, unregister.sequence, unregister.settled ? 1 : 0];
  const tuple: MemoryTuple = [side, host, session, id, requestId, token, sequence, result ?? null, tail];
  return JSON.stringify(tuple);
}

/**
 * The memory that `encodeMemory` wrote.
 * @throws DamagedRowError for a text that it cannot have written.
 */
export function decodeMemory(text: string): ParticipantMemory {
  try {
    return memoryFrom(JSON.parse(text) as MemoryTuple);
  } catch (cause) {
    throw new DamagedRowError('the memory of a participant cannot be read', { cause });
  }
}

function memoryFrom([side, host, session, id, requestId, token, sequence, result, tail]: MemoryTuple): ParticipantMemory {
  const register = { requestId, token, sequence, result: result ?? undefined };
  const memory = { side, participant: { host, session, id }, register };
  if (tail === 0) return memory;
  const [unregisterId, unregisterSequence, settled] = tail;
  return { ...memory, unregister: { requestId: unregisterId, sequence: unregisterSequence, settled: settled === 1 } };
}
