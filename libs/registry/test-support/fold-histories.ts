import fc from 'fast-check';
import { CALLBACKS, callbackSet, decideExpiry, decideRegister, decideUnregister, Fold, nextOperation, NO_PROGRESS, participantKey, plan, SIDES, withReply } from '@irqmesh/domain';
import type { CallbackRun, Decision, EventBody, FoldLimits, LogEvent, Participant, ParticipantMemory, Side, TokenState } from '@irqmesh/domain';
import type { ReadModelBatch } from '../src/read-model/port.ts';

/** Tokens that SQL, JSON and prefixes could trip over, some the prefix of others. */
export const TOKENS = ['a', 'a/b', "a'%_\"", 'a\u0000b', 'ä', '😀', '\u{10ffff}', '\u{10ffff}x'] as const;
export const HOSTS = ['h1', 'h2'] as const;

/** One thing that may happen; what it comes to depends on what happened before. */
export interface Action {
  readonly kind: 'register' | 'registerTwice' | 'unregister' | 'expire' | 'settle' | 'note';
  readonly side: Side;
  readonly who: number;
  readonly token: string;
  /** The result of the callback that a connect ends with. */
  readonly result: number;
}

/** Any action: few participants and tokens, so that they meet, and more settling than leaving, so that pairs come about. */
export const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Action['kind']>('register') },
    { weight: 4, arbitrary: fc.constant<Action['kind']>('settle') },
    { weight: 5, arbitrary: fc.constantFrom<Action['kind'][]>('registerTwice', 'unregister', 'unregister', 'expire', 'note') },
  ),
  side: fc.constantFrom(...SIDES),
  who: fc.nat(5),
  token: fc.constantFrom(...TOKENS),
  result: fc.constantFrom(0, 0, 0, -5, 66311),
});

/** A fold that lives through actions, and gathers what each stretch of them changes into batches. */
export class FoldHistory {
  readonly fold: Fold;
  readonly events: LogEvent[] = [];
  private requests = 0;
  private tokens = new Map<string, TokenState>();
  private participants = new Map<string, ParticipantMemory>();

  constructor(limits?: FoldLimits) {
    this.fold = new Fold(limits);
  }

  perform({ kind, side, who, token, result }: Action): void {
    switch (kind) {
      case 'register':
        return this.carryOut(token, decideRegister(this.fold, this.registerCommand(side, who, token), true));
      case 'registerTwice':
        // As if another instance of the registry had not seen the first registration yet: a new fold knows nobody.
        if (this.fold.token(token)[side] !== undefined || this.fold.token(token).queue.length > 0) return;
        return this.carryOut(token, decideRegister(new Fold(), this.registerCommand(side, who, token), true));
      case 'unregister':
        return this.unregister(side, who);
      case 'expire':
        return this.expire(side, who);
      case 'settle':
        return this.settle(token, result);
      case 'note':
        return this.append(token, { type: 'RegistrationRefused', side, participant: participant(who), result: -16, count: 1 });
    }
  }

  /** What changed since the last batch. */
  takeBatch(): ReadModelBatch {
    const last = this.events.at(-1);
    const checkpoint = { createdMs: 1_700_000_000_000, sequence: last?.sequence ?? 0, eventId: last?.id ?? '' };
    const batch = { checkpoint, tokens: [...this.tokens.values()], participants: [...this.participants.values()] };
    this.tokens = new Map();
    this.participants = new Map();
    return batch;
  }

  private registerCommand(side: Side, who: number, token: string) {
    // Every other participant has all callbacks, the others what the kernel demands of them.
    const callbacks = callbackSet(side, who % 2 === 0 ? CALLBACKS[side] : side === 'consumer' ? ['add_producer', 'del_producer'] : []);
    const quiesceGroup = who === 3 ? 'vm-1' : undefined;
    return { side, participant: participant(who), token, irq: 100 + who, callbacks, deadlineMs: 5_000, requestId: `r${++this.requests}`, quiesceGroup };
  }

  private unregister(side: Side, who: number): void {
    const register = this.fold.participant(side, participant(who))?.register;
    if (register === undefined) return;
    const { token, requestId: registrationRequestId } = register;
    const command = { side, participant: participant(who), token, registrationRequestId, requestId: `r${++this.requests}` };
    this.carryOut(token, decideUnregister(this.fold, command));
  }

  /** Expires one registration of the participant's session; the others follow when they are drawn. */
  private expire(side: Side, who: number): void {
    const found = this.fold.registrationsOf(participant(who)).find(({ registration }) => registration.side === side);
    if (found === undefined) return;
    this.carryOut(found.token, decideExpiry(this.fold, found.token, found.registration.sequence, `r${++this.requests}`, 'session_expired'));
  }

  private settle(token: string, result: number): void {
    const operation = nextOperation(this.fold.token(token));
    if (operation === undefined) return;
    for (let progress = NO_PROGRESS; ; ) {
      const next = plan(operation, progress);
      if ('outcome' in next) return this.append(token, next.outcome);
      const { call } = next;
      const steps = call.kind === 'steps' ? call.steps : [];
      const runs = steps.map((callback): CallbackRun => ({ side: call.side, callback, result: callback.startsWith('add_') ? result : 0, durationUs: 1, skipped: false }));
      progress = withReply(progress, call, runs);
    }
  }

  private carryOut(token: string, decision: Decision | undefined): void {
    if (decision?.kind === 'append') this.append(token, decision.body);
  }

  private append(token: string, body: EventBody): void {
    const sequence = this.fold.position + 1;
    const event: LogEvent = { sequence, id: `e${sequence}`, token, timeMs: 0, source: 'test', body };
    const state = this.fold.apply(event);
    this.events.push(event);
    this.tokens.set(token, state);
    if ('participant' in body && body.type !== 'RegistrationRefused') this.noteParticipant(body.type.startsWith('Producer') ? 'producer' : 'consumer', body.participant);
    for (const { operation } of state.settled) {
      const { side, participant: settled } = operation.kind === 'register' ? operation.registration : operation;
      this.noteParticipant(side, settled);
    }
  }

  private noteParticipant(side: Side, changed: Participant): void {
    const key = participantKey(side, changed);
    const memory = this.fold.participant(side, changed);
    if (memory === undefined) return;
    // Taken out first, so that the order is that of the last changes.
    this.participants.delete(key);
    this.participants.set(key, memory);
  }
}

function participant(who: number): Participant {
  return { host: HOSTS[who % HOSTS.length]!, session: 's1', id: `p${who}` };
}
