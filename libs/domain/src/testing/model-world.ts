import { callbackSet, CALLBACKS } from '../callbacks.ts';
import { decideExpiry, decideRegister, decideUnregister } from '../decide.ts';
import type { Decision, RegisterCommand, UnregisterCommand } from '../decide.ts';
import { Errno } from '../errno.ts';
import type { EventBody, LogEvent } from '../event.ts';
import { Fold } from '../fold.ts';
import { participantKey, SIDES } from '../participant.ts';
import type { Participant, Side } from '../participant.ts';
import { findRegistration, isOpen, isVoid, nextOperation } from '../token-state.ts';
import type { TokenState } from '../token-state.ts';
import { ModelRegistration, Violation } from './model-agent.ts';
import { ModelMatcher } from './model-matcher.ts';

/** One thing that happens in the world. Numbers beyond what there is are taken modulo. */
export type Action =
  /** `late`: sent by the session before the current one, which has died since. */
  | { readonly do: 'register'; readonly side: Side; readonly who: number; readonly token: number; readonly callbacks: number; readonly late: boolean }
  | { readonly do: 'unregister'; readonly side: Side; readonly who: number }
  /** A delayed copy of an unregister that was sent before. */
  | { readonly do: 'resend'; readonly which: number }
  /** An agent could not renew: it tears down and refuses calls, and nobody else knows yet. */
  | { readonly do: 'fence'; readonly session: number }
  /** The session's lease has run out, and the host opens another; so far `atMost` of its registrations are expired. */
  | { readonly do: 'expire'; readonly session: number; readonly atMost: number }
  /** Registries look for registrations of dead sessions, and fenced hosts open new ones. */
  | { readonly do: 'sweep' }
  | { readonly do: 'disown'; readonly side: Side; readonly who: number }
  | { readonly do: 'note'; readonly token: number }
  /**
   * A matcher folds so many `events` more, then makes so many steps for a token: each a call, whose callbacks return the
   * next `results`, or an append, which may be slow.
   */
  | {
      readonly do: 'drive';
      readonly matcher: number;
      readonly events: number;
      readonly token: number;
      readonly steps: number;
      readonly results: readonly number[];
      readonly isAppendSlow: boolean;
    }
  /** The slow appends of a matcher reach the log. */
  | { readonly do: 'arrive'; readonly matcher: number }
  | { readonly do: 'restart'; readonly matcher: number };

export const TOKENS = ['t0', 't1', 't2'] as const;
export const SESSIONS = 2;

/**
 * Both registries, two matchers that race, and the agents of two hosts around one log. Every event is checked as it is
 * appended; a broken rule throws `Violation`.
 */
export class ModelWorld {
  readonly log: LogEvent[] = [];
  /** What a registry knows that has folded all of the log. */
  readonly truth = new Fold();
  readonly matchers = [new ModelMatcher(this), new ModelMatcher(this)] as const;
  private readonly registrations = new Map<number, ModelRegistration>();
  private readonly generations = Array.from({ length: SESSIONS }, () => 0);
  private readonly fencedSessions = new Set<string>();
  private readonly lastRegister = new Map<string, RegisterCommand>();
  private readonly unregisters: UnregisterCommand[] = [];
  private requests = 0;

  perform(action: Action): void {
    switch (action.do) {
      case 'register':
        return this.register(action.side, this.participant(action.side, action.who, action.late ? 1 : 0), TOKENS[action.token % TOKENS.length]!, action.callbacks);
      case 'unregister':
        return this.unregister(action.side, this.participant(action.side, action.who));
      case 'resend':
        return this.resend(action.which);
      case 'fence':
        return this.fence(this.session(action.session));
      case 'expire':
        return this.expire(action.session, action.atMost);
      case 'sweep':
        return this.sweep();
      case 'disown':
        return this.disown(action.side, this.participant(action.side, action.who));
      case 'note':
        return this.append(TOKENS[action.token % TOKENS.length]!, { type: 'HandshakeStalled', operationSequence: 1, waitingFor: 'consumer', step: 'stop', openForMs: 1 });
      case 'drive':
        return this.drive(action);
      case 'arrive':
        return this.matchers[action.matcher]!.arrive();
      case 'restart':
        return this.matchers[action.matcher]!.restart();
    }
  }

  /** Lets everything come to rest: dead sessions are expired, and the matchers take turns until no operation is open. */
  drain(): void {
    this.sweep();
    const isBusy = (): boolean => [...this.truth.tokens()].some(({ queue }) => queue.length > 0);
    // An operation takes at most a dozen steps; the rest is for conflicts and refusals.
    const maxTurns = 20 * this.log.length;
    for (let turn = 0; isBusy(); turn++) {
      if (turn > maxTurns) throw new Violation('the queues do not drain');
      const matcher = this.matchers[turn % 2]!;
      matcher.follow(Infinity);
      for (const token of TOKENS) matcher.drive(token, () => 0, false);
    }
  }

  /** Everybody leaves. */
  unregisterAll(): void {
    for (const side of SIDES) for (let who = 0; who < 4; who++) this.unregister(side, this.participant(side, who));
  }

  registration(sequence: number): ModelRegistration | undefined {
    return this.registrations.get(sequence);
  }

  append(token: string, body: EventBody): void {
    const sequence = this.log.length + 1;
    const event: LogEvent = { sequence, id: `event-${sequence}`, token, timeMs: sequence, source: 'model', body };
    this.log.push(event);
    const before = this.truth.token(token);
    const after = this.truth.apply(event);
    this.checkPairEvent(before, after, event);
    for (const { operation, result } of after.settled) {
      if (operation.kind === 'unregister') this.registrations.get(operation.registrationSequence)?.end();
      else if (result !== 0) this.registrations.get(operation.sequence)?.end();
    }
    this.checkState(after);
  }

  private drive({ matcher, events, token, steps, results, isAppendSlow }: Action & { readonly do: 'drive' }): void {
    let taken = 0;
    this.matchers[matcher]!.follow(events);
    for (let step = 0; step < steps; step++) this.matchers[matcher]!.drive(TOKENS[token % TOKENS.length]!, () => results[taken++] ?? 0, isAppendSlow);
  }

  private session(index: number, back = 0): string {
    const slot = index % SESSIONS;
    return `s${slot}-${Math.max(0, this.generations[slot]! - back)}`;
  }

  private participant(side: Side, who: number, back = 0): Participant {
    return { host: 'host-a', session: this.session(who, back), id: `${side[0]}${who % 4}` };
  }

  private register(side: Side, participant: Participant, token: string, mask: number): void {
    const required = side === 'consumer' ? 0b1100 : 0;
    const callbacks = callbackSet(side, CALLBACKS[side].filter((_name, bit) => ((mask | required) & (1 << bit)) !== 0));
    const command: RegisterCommand = { side, participant, token, irq: 1, callbacks, deadlineMs: 1, requestId: `r${++this.requests}` };
    const decision = decideRegister(this.truth, command, true);
    this.checkDecision(decision);
    if (decision.kind !== 'append') return;
    if (this.truth.token(token).lastSequence[side] !== decision.expectedLastSequence) throw new Violation('a fresh fold decided for a wrong last sequence');
    // The agent of a dead session never learns of a registration that was on its way.
    if (!this.fencedSessions.has(participant.session)) {
      this.registrations.set(this.log.length + 1, new ModelRegistration(`${participant.session}/${participant.id}`, side, callbacks));
      this.lastRegister.set(participantKey(side, participant), command);
    }
    this.append(token, decision.body);
  }

  private unregister(side: Side, participant: Participant): void {
    const registered = this.lastRegister.get(participantKey(side, participant));
    if (registered === undefined || this.fencedSessions.has(participant.session)) return;
    const command = { side, participant, token: registered.token, registrationRequestId: registered.requestId, requestId: `u${++this.requests}` };
    this.unregisters.push(command);
    this.carryOutUnregister(command);
  }

  private resend(which: number): void {
    const command = this.unregisters[which % Math.max(1, this.unregisters.length)];
    if (command !== undefined) this.carryOutUnregister(command);
  }

  private carryOutUnregister(command: UnregisterCommand): void {
    const decision = decideUnregister(this.truth, command);
    this.checkDecision(decision);
    if (decision.kind !== 'append') return;
    const { body } = decision;
    if (!('registrationSequence' in body)) throw new Violation(`an unregister was decided as ${body.type}`);
    const hit = findRegistration(this.truth.token(command.token), body.registrationSequence);
    if (hit?.requestId !== command.registrationRequestId) throw new Violation(`an unregister of ${command.registrationRequestId} hit ${hit?.requestId}`);
    this.append(command.token, body);
  }

  private fence(session: string): void {
    this.fencedSessions.add(session);
    for (const { registration } of this.truth.registrationsOf({ host: 'host-a', session })) this.registrations.get(registration.sequence)?.fence();
  }

  private expire(index: number, atMost: number): void {
    const session = this.session(index);
    this.fence(session);
    this.expireAll(session, atMost);
    this.generations[index % SESSIONS]! += 1;
  }

  private expireAll(session: string, atMost: number): void {
    let left = atMost;
    for (const { token, registration } of this.truth.registrationsOf({ host: 'host-a', session })) {
      if (left-- <= 0) return;
      const decision = decideExpiry(this.truth, token, registration.sequence, `e${++this.requests}`, 'session_expired');
      if (decision?.kind === 'append') this.append(token, decision.body);
    }
    if (atMost < Infinity) return;
    const missed = this.truth.registrationsOf({ host: 'host-a', session }).find(({ registration }) => !registration.gone);
    if (missed !== undefined) throw new Violation(`session ${session} is expired, registration ${missed.registration.sequence} is not`);
  }

  private sweep(): void {
    for (const session of this.fencedSessions) this.expireAll(session, Infinity);
    for (let slot = 0; slot < SESSIONS; slot++) if (this.fencedSessions.has(this.session(slot))) this.generations[slot]! += 1;
  }

  private disown(side: Side, participant: Participant): void {
    const { host, session, id } = participant;
    const found = this.truth.registrationsOf({ host, session }).find(({ registration }) => registration.side === side && registration.participant.id === id);
    if (found === undefined) return;
    this.registrations.get(found.registration.sequence)?.fence();
    const decision = decideExpiry(this.truth, found.token, found.registration.sequence, `e${++this.requests}`, 'disowned');
    if (decision?.kind === 'append') this.append(found.token, decision.body);
  }

  /** Who is told to wait must have something to wait for, and a refusal a reason. */
  private checkDecision(decision: Decision): void {
    switch (decision.kind) {
      case 'wait':
      case 'repeat':
        if (decision.kind === 'repeat' && decision.result !== undefined) return;
        if (!isOpen(this.truth.token(decision.token), decision.operationSequence)) throw new Violation(`told to wait for operation ${decision.operationSequence}, which is not open`);
        return;
      case 'answer': {
        const { result, holder } = decision;
        if (result !== Errno.EBUSY && result !== Errno.EINVAL) return;
        if (holder === undefined || holder.leavingSequence !== undefined) throw new Violation(`refused with ${result}, but nobody stands in the way`);
        if (decision.freshTokens.some((token) => isOpen(this.truth.token(token), holder.sequence))) throw new Violation(`refused with ${result} because of a registration that may yet fail`);
        return;
      }
      default:
    }
  }

  private checkPairEvent(before: TokenState, after: TokenState, { body, sequence }: LogEvent): void {
    if (body.type !== 'PairConnected' && body.type !== 'ConnectFailed' && body.type !== 'ConnectAborted' && body.type !== 'PairDisconnected') return;
    if (after.lastSequence.pair !== sequence) throw new Violation('a pair event did not move the last sequence of the pair events');
    if (isVoid(before, body)) {
      const same = after.producer === before.producer && after.consumer === before.consumer && after.connected === before.connected && after.queue === before.queue;
      if (!same || after.settled.length > 0) throw new Violation(`void event ${sequence} changed the state`);
      return;
    }
    if (isOpen(after, body.operationSequence)) throw new Violation(`event ${sequence} did not settle its operation`);
    const expired = [before.producer, before.consumer, ...before.queue.map((operation) => (operation.kind === 'register' ? operation.registration : undefined))].some(
      (registration) => registration?.gone === true && (registration.sequence === body.producerSequence || registration.sequence === body.consumerSequence),
    );
    if (body.type !== 'PairDisconnected' && expired !== (body.type === 'ConnectAborted')) throw new Violation(`${body.type} ${sequence} settled a connect ${expired ? 'after an expiry' : 'with nobody gone'}`);
  }

  private checkState(state: TokenState): void {
    const { producer, consumer, connected, queue, token } = state;
    if (connected && (producer === undefined || consumer === undefined)) throw new Violation(`${token} is connected without both sides`);
    if (producer !== undefined && consumer !== undefined && !connected && !producer.gone && !consumer.gone) throw new Violation(`${token} has both sides and is not connected`);
    if (queue.length > 0 && nextOperation(state) === undefined) throw new Violation(`${token} has a queue and nothing to do`);
    if (queue.some((operation, index) => index > 0 && operation.sequence <= queue[index - 1]!.sequence)) throw new Violation(`the queue of ${token} is out of order`);
    if (queue.length > 0) return;
    for (const holder of [producer, consumer]) {
      if (holder === undefined) continue;
      const registration = this.registrations.get(holder.sequence);
      if (registration?.isClosed === false) registration.checkAtRest(connected);
    }
  }
}
