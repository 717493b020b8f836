import { Errno } from './errno.ts';
import type { LogEvent, PairEvent, RegisteredEvent, UnregisteredEvent } from './event.ts';
import { eventKind } from './event.ts';
import type { PairOperation, QueuedOperation, Settlement } from './operation.ts';
import { otherSide } from './participant.ts';
import type { Side } from './participant.ts';
import { leaving, registrationOf } from './registration.ts';
import type { Registration } from './registration.ts';

/**
 * Everything about one token, folded from the log.
 *
 * The kernel's manager runs one operation at a time under a mutex; here the log's order takes the mutex's place.
 * Operations queue in that order. One with nothing to do settles in the fold by itself; a connect or disconnect waits
 * at the head for its pair event.
 */
export interface TokenState {
  readonly token: string;
  /** Who holds the token on each side: registered, and not yet removed. */
  readonly producer: Registration | undefined;
  readonly consumer: Registration | undefined;
  readonly connected: boolean;
  /** Operations that are not settled, in the order of the log. When not empty, the head needs a pair event. */
  readonly queue: readonly QueuedOperation[];
  /** The last event of each kind: what an append of that kind must expect. */
  readonly lastSequence: { readonly producer: number; readonly consumer: number; readonly pair: number };
  /** The operations that the last event settled. */
  readonly settled: readonly Settlement[];
}

const NO_SEQUENCE = Object.freeze({ producer: 0, consumer: 0, pair: 0 });
const NONE: readonly never[] = Object.freeze([]);

/** The state of a token that no event names. */
export function emptyTokenState(token: string): TokenState {
  return { token, producer: undefined, consumer: undefined, connected: false, queue: NONE, lastSequence: NO_SEQUENCE, settled: NONE };
}

/** Whether nothing is registered and nothing is open: all that is left is where the token's events end. */
export function isIdle(state: TokenState): boolean {
  return state.producer === undefined && state.consumer === undefined && state.queue.length === 0;
}

/** Folds one event. Total: an event that does not fit the state (a void pair event, say) changes nothing but `lastSequence`. */
export function evolve(state: TokenState, event: LogEvent): TokenState {
  const { body, sequence } = event;
  const kind = eventKind(body.type);
  if (kind === 'note') return withNothingSettled(state);
  const next: TokenState = { ...state, lastSequence: { ...state.lastSequence, [kind]: sequence }, settled: NONE };
  switch (body.type) {
    case 'ProducerRegistered':
    case 'ConsumerRegistered':
      return settleIdleHeads(enqueueRegister(next, sequence, body));
    case 'ProducerUnregistered':
    case 'ConsumerUnregistered':
      return settleIdleHeads(enqueueUnregister(next, sequence, body));
    case 'PairConnected':
    case 'ConnectFailed':
    case 'ConnectAborted':
    case 'PairDisconnected':
      return isVoid(state, body) ? next : settleIdleHeads(settleHead(next, body));
    default:
      return next;
  }
}

/** The state as an event leaves it that settles nothing. */
export function withNothingSettled(state: TokenState): TokenState {
  return state.settled.length === 0 ? state : { ...state, settled: NONE };
}

/** The operation that the matcher has to drive next, if any. */
export function nextOperation(state: TokenState): PairOperation | undefined {
  const head = state.queue[0];
  if (head === undefined) return undefined;
  const { token } = state;
  if (head.kind === 'unregister') {
    return { kind: 'disconnect', token, sequence: head.sequence, causedBy: head.side, producer: state.producer!, consumer: state.consumer! };
  }
  const { side, sequence } = head.registration;
  const producer = side === 'producer' ? head.registration : state.producer!;
  const consumer = side === 'consumer' ? head.registration : state.consumer!;
  return { kind: 'connect', token, sequence, causedBy: side, producer, consumer };
}

/**
 * Whether a pair event counts for nothing: it names an operation that is not the head, it does not fit the head, or it
 * came after an expiry that took the decision out of its hands (then only ConnectAborted settles a connect).
 */
export function isVoid(state: TokenState, event: PairEvent): boolean {
  const operation = nextOperation(state);
  if (operation === undefined || operation.sequence !== event.operationSequence) return true;
  if (event.type === 'PairDisconnected') return operation.kind !== 'disconnect';
  if (operation.kind !== 'connect') return true;
  // A failure without a result would leave a participant that is neither refused nor registered.
  if (event.type === 'ConnectFailed' && event.result === 0) return true;
  const anyGone = operation.producer.gone || operation.consumer.gone;
  return (event.type === 'ConnectAborted') !== anyGone;
}

/** The registration that holds a token's side once all that is in the log has run: the one a newcomer would meet. */
export function holderOf(state: TokenState, side: Side): Registration | undefined {
  for (let index = state.queue.length - 1; index >= 0; index--) {
    const operation = state.queue[index]!;
    if (operation.kind === 'register' && operation.registration.side === side) return unlessLeaving(operation.registration);
  }
  return unlessLeaving(state[side]);
}

function unlessLeaving(registration: Registration | undefined): Registration | undefined {
  return registration?.leavingSequence === undefined ? registration : undefined;
}

/** The registration with this sequence, whether it holds the token or still waits in the queue. */
export function findRegistration(state: TokenState, sequence: number): Registration | undefined {
  if (state.producer?.sequence === sequence) return state.producer;
  if (state.consumer?.sequence === sequence) return state.consumer;
  const queued = state.queue.find((operation) => operation.kind === 'register' && operation.sequence === sequence);
  return queued?.kind === 'register' ? queued.registration : undefined;
}

/** Whether an operation with this sequence is still in the queue. */
export function isOpen(state: TokenState, operationSequence: number): boolean {
  return state.queue.some((operation) => operation.sequence === operationSequence);
}

function enqueueRegister(state: TokenState, sequence: number, event: RegisteredEvent): TokenState {
  return { ...state, queue: [...state.queue, { kind: 'register', sequence, registration: registrationOf(sequence, event) }] };
}

function enqueueUnregister(state: TokenState, sequence: number, event: UnregisteredEvent): TokenState {
  const { registrationSequence, requestId, reason, participant } = event;
  const mark = (registration: Registration): Registration =>
    registration.sequence === registrationSequence ? leaving(registration, sequence, reason) : registration;
  const side: Side = event.type === 'ProducerUnregistered' ? 'producer' : 'consumer';
  const queue = state.queue.map((operation) =>
    operation.kind === 'register' ? { ...operation, registration: mark(operation.registration) } : operation,
  );
  queue.push({ kind: 'unregister', sequence, side, participant, requestId, registrationSequence, reason });
  const holder = state[side];
  return { ...state, [side]: holder === undefined ? undefined : mark(holder), queue };
}

/** Settles the head by its pair event, which fits. */
function settleHead(state: TokenState, event: PairEvent): TokenState {
  const head = state.queue[0]!;
  const queue = state.queue.slice(1);
  const done = (result: number): Pick<TokenState, 'queue' | 'settled'> => ({ queue, settled: [{ operation: head, result }] });
  if (head.kind === 'unregister') return { ...state, ...done(0), connected: false, [head.side]: undefined };
  const { registration } = head;
  const registered = { [registration.side]: registration };
  switch (event.type) {
    case 'PairConnected':
      return { ...state, ...done(0), ...registered, connected: true };
    case 'ConnectFailed':
      return { ...state, ...done(event.result) };
    default:
      // ConnectAborted: a gone newcomer is removed; one whose partner is gone stays, not connected.
      return registration.gone ? { ...state, ...done(Errno.ENODEV) } : { ...state, ...done(0), ...registered };
  }
}

/** Settles heads with nothing to do until one needs a pair event or the queue is empty. */
function settleIdleHeads(state: TokenState): TokenState {
  let next = state;
  for (let head = next.queue[0]; head !== undefined && !needsPairEvent(next, head); head = next.queue[0]) {
    const { result, ...change } = settleAlone(next, head);
    next = { ...next, ...change, queue: next.queue.slice(1), settled: [...next.settled, { operation: head, result }] };
  }
  return next;
}

function needsPairEvent(state: TokenState, head: QueuedOperation): boolean {
  if (head.kind === 'unregister') return state.connected && state[head.side]?.sequence === head.registrationSequence;
  const { side } = head.registration;
  return state[side] === undefined && state[otherSide(side)] !== undefined;
}

/** A registration without a partner, an unregistration without a pair, or one that finds nothing to do. */
function settleAlone(state: TokenState, head: QueuedOperation): { result: number; producer?: Registration | undefined; consumer?: Registration | undefined } {
  if (head.kind === 'unregister') {
    return state[head.side]?.sequence === head.registrationSequence ? { result: 0, [head.side]: undefined } : { result: 0 };
  }
  const { side } = head.registration;
  // The registries decide so that this does not happen; if it does, the token is taken, as it is in the kernel.
  if (state[side] !== undefined) return { result: Errno.EBUSY };
  return { result: 0, [side]: head.registration };
}
