import { CALLBACKS, callbackSet } from '@irqmesh/domain';
import type { CallbackSet, QueuedOperation, Registration, Side, TokenState, UnregisterReason } from '@irqmesh/domain';
import { DamagedRowError } from './damage.ts';

/*
 * A token's state as one text: JSON arrays without field names, since a restart parses a million of them. What a field
 * means follows from its place; SCHEMA_VERSION in sqlite-database.ts changes with any of it.
 */

type RegistrationTuple = readonly [
  sequence: number,
  side: 0 | 1,
  host: string,
  session: string,
  id: string,
  irq: number | null,
  callbackBits: number,
  deadlineMs: number,
  requestId: string,
  quiesceGroup: string | null,
  leavingSequence: number,
  gone: 0 | 1,
];

type UnregisterTuple = readonly [
  sequence: number,
  side: 0 | 1,
  host: string,
  session: string,
  id: string,
  requestId: string,
  registrationSequence: number,
  reason: UnregisterReason,
];

type OperationTuple = readonly ['r', RegistrationTuple] | readonly ['u', UnregisterTuple];

type StateTuple = readonly [
  producer: RegistrationTuple | 0,
  consumer: RegistrationTuple | 0,
  connected: 0 | 1,
  lastProducer: number,
  lastConsumer: number,
  lastPair: number,
  queue: readonly OperationTuple[],
];

const NONE: readonly never[] = Object.freeze([]);

/** The state but for its token, and but for `settled`, which the token's next event replaces unread. */
export function encodeTokenState({ producer, consumer, connected, lastSequence, queue }: TokenState): string {
  const tuple: StateTuple = [
    producer === undefined ? 0 : registrationTuple(producer),
    consumer === undefined ? 0 : registrationTuple(consumer),
    connected ? 1 : 0,
    lastSequence.producer,
    lastSequence.consumer,
    lastSequence.pair,
    queue.map(operationTuple),
  ];
  return JSON.stringify(tuple);
}

/**
 * The state that `encodeTokenState` wrote.
 * @throws DamagedRowError for a text that it cannot have written.
 */
export function decodeTokenState(token: string, text: string): TokenState {
  try {
    return stateFrom(token, JSON.parse(text) as StateTuple);
  } catch (cause) {
    throw new DamagedRowError(`the state of token ${JSON.stringify(token)} cannot be read`, { cause });
  }
}

function stateFrom(token: string, tuple: StateTuple): TokenState {
  const [producer, consumer, connected, lastProducer, lastConsumer, lastPair, queue] = tuple;
  return {
    token,
    producer: producer === 0 ? undefined : registrationFrom(producer),
    consumer: consumer === 0 ? undefined : registrationFrom(consumer),
    connected: connected === 1,
    queue: queue.length === 0 ? NONE : queue.map(operationFrom),
    lastSequence: { producer: lastProducer, consumer: lastConsumer, pair: lastPair },
    settled: NONE,
  };
}

function registrationTuple(registration: Registration): RegistrationTuple {
  const { sequence, side, participant, irq, callbacks, deadlineMs, requestId, quiesceGroup, leavingSequence, gone } = registration;
  const { host, session, id } = participant;
  const bits = callbackBits(side, callbacks);
  return [sequence, sideBit(side), host, session, id, irq ?? null, bits, deadlineMs, requestId, quiesceGroup ?? null, leavingSequence ?? 0, gone ? 1 : 0];
}

function registrationFrom(tuple: RegistrationTuple): Registration {
  const [sequence, bit, host, session, id, irq, bits, deadlineMs, requestId, quiesceGroup, leavingSequence, gone] = tuple;
  const side = SIDE[bit];
  const registration: Registration = {
    sequence,
    side,
    participant: { host, session, id },
    irq: irq ?? undefined,
    callbacks: CALLBACK_SETS[side][bits]!,
    deadlineMs,
    requestId,
    quiesceGroup: quiesceGroup ?? undefined,
    gone: gone === 1,
  };
  return leavingSequence === 0 ? registration : { ...registration, leavingSequence };
}

function operationTuple(operation: QueuedOperation): OperationTuple {
  if (operation.kind === 'register') return ['r', registrationTuple(operation.registration)];
  const { sequence, side, participant, requestId, registrationSequence, reason } = operation;
  const { host, session, id } = participant;
  return ['u', [sequence, sideBit(side), host, session, id, requestId, registrationSequence, reason]];
}

function operationFrom(tuple: OperationTuple): QueuedOperation {
  if (tuple[0] === 'r') {
    const registration = registrationFrom(tuple[1]);
    return { kind: 'register', sequence: registration.sequence, registration };
  }
  const [sequence, bit, host, session, id, requestId, registrationSequence, reason] = tuple[1];
  return { kind: 'unregister', sequence, side: SIDE[bit], participant: { host, session, id }, requestId, registrationSequence, reason };
}

const SIDE = ['producer', 'consumer'] as const;

function sideBit(side: Side): 0 | 1 {
  return side === 'producer' ? 0 : 1;
}

/** A set of callbacks as bits, in the order of `CALLBACKS`. */
function callbackBits(side: Side, callbacks: CallbackSet): number {
  return CALLBACKS[side].reduce((bits, name, bit) => (callbacks.includes(name) ? bits | (1 << bit) : bits), 0);
}

const CALLBACK_SETS: Readonly<Record<Side, readonly CallbackSet[]>> = { producer: setsByBits('producer'), consumer: setsByBits('consumer') };

function setsByBits(side: Side): CallbackSet[] {
  return Array.from({ length: 16 }, (_, bits) => callbackSet(side, CALLBACKS[side].filter((_name, bit) => (bits & (1 << bit)) !== 0)));
}
