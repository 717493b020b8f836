import { callbackSet } from '@irqmesh/domain';
import type { EventBody, NewEvent, RegisteredEvent, RegistrationRefused, Side, UnregisteredEvent } from '@irqmesh/domain';

const participant = { host: 'host-a', session: 's1', id: 'vector-3' };
let ids = 0;

export function anEvent(body: EventBody, about: Partial<Pick<NewEvent, 'token' | 'causationId' | 'traceparent'>> = {}): NewEvent {
  const { token = 'token', causationId, traceparent } = about;
  return { id: `event-${++ids}`, token, timeMs: 1_760_000_000_123, source: 'test/1', causationId, traceparent, body };
}

export function aRegistration(side: Side): RegisteredEvent {
  const details = { participant, deadlineMs: 5000, requestId: 'request-1', quiesceGroup: undefined };
  return side === 'producer'
    ? { type: 'ProducerRegistered', ...details, irq: 42, callbacks: callbackSet(side, ['add_consumer']) }
    : { type: 'ConsumerRegistered', ...details, callbacks: callbackSet(side, ['add_producer', 'del_producer']) };
}

export function anUnregistration(side: Side, registrationSequence: number): UnregisteredEvent {
  const type = side === 'producer' ? 'ProducerUnregistered' : 'ConsumerUnregistered';
  return { type, participant, registrationSequence, registrationRequestId: 'request-1', requestId: 'request-2', reason: 'requested' };
}

export function aNote(): RegistrationRefused {
  return { type: 'RegistrationRefused', side: 'producer', participant, result: -16, holderSequence: undefined, count: 1 };
}
