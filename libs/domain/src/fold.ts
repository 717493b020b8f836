import type { LogEvent, UnregisteredEvent } from './event.ts';
import { eventKind } from './event.ts';
import type { Settlement } from './operation.ts';
import { participantKey, sessionKey } from './participant.ts';
import type { Participant, Side } from './participant.ts';
import { isAtRest, isRegistered } from './participant-memory.ts';
import type { ParticipantMemory } from './participant-memory.ts';
import type { Registration } from './registration.ts';
import { isEarlierRequest } from './request-order.ts';
import { emptyTokenState, evolve, findRegistration, isIdle, withNothingSettled } from './token-state.ts';
import type { TokenState } from './token-state.ts';

/** How many idle tokens and participants a fold keeps in memory beside the live ones. */
export interface FoldLimits {
  /** Idle tokens: keeping where their events end saves a conflict and a question to the leader when they come back. */
  readonly idleTokens: number;
  /** Participants at rest: how far back a repeated request still finds its answer. */
  readonly restingParticipants: number;
}

export const DEFAULT_FOLD_LIMITS: FoldLimits = { idleTokens: 65_536, restingParticipants: 65_536 };

/** A fold's content, for a snapshot. Idle tokens are left out. */
export interface FoldSnapshot {
  readonly position: number;
  readonly tokens: readonly TokenState[];
  readonly participants: readonly ParticipantMemory[];
}

/**
 * A prefix of the log, folded: the state of every token, and what crosses tokens (participants, sessions).
 * The state machine is `evolve`; this holds its values and does no I/O.
 */
export class Fold {
  /** The sequence of the last event folded; 0 before the first. */
  position = 0;
  /** Tokens with anything registered or open. */
  private readonly live = new Map<string, TokenState>();
  /** Tokens without, the longest idle first. */
  private readonly idle = new Map<string, TokenState>();
  private readonly active = new Map<string, ParticipantMemory>();
  /** Participants at rest, the longest first. */
  private readonly resting = new Map<string, ParticipantMemory>();
  /** For each session: the sequence and token of each registration that is not removed, and how many a side has. */
  private readonly sessions = new Map<string, { readonly tokens: Map<number, string>; readonly counts: Record<Side, number> }>();
  private open = 0;
  private readonly limits: FoldLimits;

  constructor(limits: FoldLimits = DEFAULT_FOLD_LIMITS) {
    this.limits = limits;
  }

  static restore(snapshot: FoldSnapshot, limits: FoldLimits = DEFAULT_FOLD_LIMITS): Fold {
    const fold = new Fold(limits);
    fold.position = snapshot.position;
    for (const state of snapshot.tokens) {
      fold.storeToken(state);
      for (const registration of registrationsIn(state)) fold.indexRegistration(registration, state.token);
    }
    for (const memory of snapshot.participants) fold.storeParticipant(memory);
    return fold;
  }

  snapshot(): FoldSnapshot {
    return { position: this.position, tokens: [...this.live.values()], participants: [...this.active.values(), ...this.resting.values()] };
  }

  /**
   * Folds the next event of the log and returns the token's new state, with what this event settled. Notes, and events
   * at or before `position`, change nothing and settle nothing.
   */
  apply(event: LogEvent): TokenState {
    const before = this.token(event.token);
    if (event.sequence <= this.position) return withNothingSettled(before);
    this.position = event.sequence;
    if (eventKind(event.body.type) === 'note') return withNothingSettled(before);
    const state = evolve(before, event);
    this.storeToken(state);
    this.rememberEvent(event);
    for (const settlement of state.settled) this.rememberSettlement(settlement);
    return state;
  }

  /**
   * The state of a token; the empty one for a token that nothing is known of. A fold that was restored, or that dropped
   * idle tokens, may have met a token again without its earlier events: a `lastSequence` of 0 then means unknown, and
   * an append that conflicts must ask the leader.
   */
  token(token: string): TokenState {
    return this.live.get(token) ?? this.idle.get(token) ?? emptyTokenState(token);
  }

  /** Whether anything is registered or open under this token. */
  isLive(token: string): boolean {
    return this.live.has(token);
  }

  /** Every token with anything registered or open. */
  tokens(): IterableIterator<TokenState> {
    return this.live.values();
  }

  get tokenCount(): number {
    return this.live.size;
  }

  /** Operations that are not settled, over all tokens. */
  get openOperations(): number {
    return this.open;
  }

  /** How many registrations of a session on a side are not removed, whether or not they are leaving. */
  registrationCount(session: { readonly host: string; readonly session: string }, side: Side): number {
    return this.sessions.get(sessionKey(session))?.counts[side] ?? 0;
  }

  participant(side: Side, participant: Participant): ParticipantMemory | undefined {
    const key = participantKey(side, participant);
    return this.active.get(key) ?? this.resting.get(key);
  }

  /** The sessions that have registrations, as `host.session`. */
  sessionKeys(): IterableIterator<string> {
    return this.sessions.keys();
  }

  /** The registrations of a session that are not removed, whether or not they are leaving. */
  registrationsOf(session: { readonly host: string; readonly session: string }): { token: string; registration: Registration }[] {
    const entry = this.sessions.get(sessionKey(session));
    if (entry === undefined) return [];
    return [...entry.tokens].map(([sequence, token]) => ({ token, registration: findRegistration(this.token(token), sequence)! }));
  }

  private storeToken(state: TokenState): void {
    this.open += state.queue.length - (this.live.get(state.token)?.queue.length ?? 0);
    if (!isIdle(state)) {
      this.idle.delete(state.token);
      this.live.set(state.token, state);
      return;
    }
    this.live.delete(state.token);
    this.idle.delete(state.token);
    this.idle.set(state.token, state);
    dropOldest(this.idle, this.limits.idleTokens);
  }

  private storeParticipant(memory: ParticipantMemory): void {
    const key = participantKey(memory.side, memory.participant);
    this.active.delete(key);
    this.resting.delete(key);
    if (!isAtRest(memory)) {
      this.active.set(key, memory);
      return;
    }
    this.resting.set(key, memory);
    dropOldest(this.resting, this.limits.restingParticipants);
  }

  private rememberEvent({ body, sequence, token }: LogEvent): void {
    switch (body.type) {
      case 'ProducerRegistered':
      case 'ConsumerRegistered': {
        const side: Side = body.type === 'ProducerRegistered' ? 'producer' : 'consumer';
        const { participant, requestId } = body;
        const known = this.participant(side, participant);
        // Two appends under way at once may end in the other order: a late copy of an earlier request, which nobody holds,
        // must not hide the newer one.
        if (known === undefined || !isEarlierRequest(requestId, known.register.requestId)) this.storeParticipant({ side, participant, register: { requestId, token, sequence } });
        const registration = findRegistration(this.token(token), sequence);
        if (registration !== undefined) this.indexRegistration(registration, token);
        break;
      }
      case 'ProducerUnregistered':
      case 'ConsumerUnregistered':
        this.rememberUnregister(body, sequence);
        break;
      default:
    }
  }

  /** The first unregister of a registration is the one whose repeats wait for its operation. */
  private rememberUnregister(event: UnregisteredEvent, sequence: number): void {
    const memory = this.participant(event.type === 'ProducerUnregistered' ? 'producer' : 'consumer', event.participant);
    if (memory?.register.sequence !== event.registrationSequence || memory.unregister !== undefined) return;
    this.storeParticipant({ ...memory, unregister: { requestId: event.requestId, sequence, settled: false } });
  }

  private rememberSettlement({ operation, result }: Settlement): void {
    if (operation.kind === 'unregister') {
      this.unindexRegistration(operation.side, operation.participant, operation.registrationSequence);
      const memory = this.participant(operation.side, operation.participant);
      if (memory?.unregister?.sequence !== operation.sequence) return;
      this.storeParticipant({ ...memory, unregister: { ...memory.unregister, settled: true } });
      return;
    }
    const { side, participant } = operation.registration;
    if (result !== 0) this.unindexRegistration(side, participant, operation.sequence);
    const memory = this.participant(side, participant);
    if (memory?.register.sequence !== operation.sequence) return;
    this.storeParticipant({ ...memory, register: { ...memory.register, result } });
  }

  private indexRegistration(registration: Registration, token: string): void {
    const key = sessionKey(registration.participant);
    const entry = this.sessions.get(key) ?? { tokens: new Map<number, string>(), counts: { producer: 0, consumer: 0 } };
    this.sessions.set(key, entry);
    if (!entry.tokens.has(registration.sequence)) entry.counts[registration.side] += 1;
    entry.tokens.set(registration.sequence, token);
  }

  private unindexRegistration(side: Side, participant: Participant, sequence: number): void {
    const key = sessionKey(participant);
    const entry = this.sessions.get(key);
    if (entry?.tokens.delete(sequence) !== true) return;
    entry.counts[side] -= 1;
    if (entry.tokens.size === 0) this.sessions.delete(key);
  }
}

function* registrationsIn(state: TokenState): Generator<Registration> {
  if (state.producer !== undefined) yield state.producer;
  if (state.consumer !== undefined) yield state.consumer;
  for (const operation of state.queue) if (operation.kind === 'register') yield operation.registration;
}

/**
 * Keeps a map within its limit. An eighth goes at once: what is deleted leaves holes at the map's front, and looking for
 * the oldest entry passes them all.
 */
function dropOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size <= limit) return;
  const kept = limit - Math.floor(limit / 8);
  for (const key of map.keys()) {
    if (map.size <= kept) return;
    map.delete(key);
  }
}

/** The participant's standing registration, if the fold knows of one: for answering -EINVAL. */
export function standingRegistration(fold: Fold, side: Side, participant: Participant): ParticipantMemory | undefined {
  const memory = fold.participant(side, participant);
  return memory !== undefined && isRegistered(memory) ? memory : undefined;
}
