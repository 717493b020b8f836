import { decideRegister, decideUnregister, Errno, formatParticipant, leaseTerms } from '@irqmesh/domain';
import type { Clock, Decision, NewEvent, Participant, RegisterCommand, Side, UnregisterCommand } from '@irqmesh/domain';
import { LogUnavailableError } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import type { LogFollower, SettledOperation } from '../follower/log-follower.ts';
import type { KeyedLock } from '../keyed-lock.ts';
import type { SessionExpiry } from '../sessions/session-expiry.ts';
import type { Appender } from './appender.ts';
import { ITEMS_RETRY_AFTER_MS, OPERATIONS_RETRY_AFTER_MS } from './limits.ts';
import type { RegistryLimits } from './limits.ts';
import { NOT_APPENDED, settledOutcome } from './outcome.ts';
import type { ItemOutcome } from './outcome.ts';
import type { RefusalBarrier } from './refusal-barrier.ts';
import type { Refusal, RefusalNotes } from './refusal-notes.ts';

export interface RegistryOptions {
  readonly side: Side;
  /** Who writes the events: service and instance. */
  readonly source: string;
  readonly follower: LogFollower;
  readonly appender: Appender;
  readonly sessions: SessionExpiry;
  readonly notes: RefusalNotes;
  readonly barrier: RefusalBarrier;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Decide-and-append is serialized per token; shared with the expiry, which appends too. */
  readonly tokenLock: KeyedLock;
  readonly sessionTtlMs: number;
  readonly limits: RegistryLimits;
}

/** What a call brings beside its command. */
export interface CallContext {
  /** Nothing is decided after this moment, in milliseconds since 1970. */
  readonly deadlineMs: number;
  readonly traceparent?: string | undefined;
}

type Answer = Decision & { readonly kind: 'answer' };

/** What came of deciding once: an outcome, an answer if the fold is fresh, or an operation to wait for before it is known. */
type Step =
  | { readonly kind: 'done'; readonly outcome: ItemOutcome }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'operation'; readonly token: string; readonly sequence: number }
  | { readonly kind: 'wait'; readonly token: string; readonly sequence: number };

/**
 * One side's registry: answers from its own fold and appends what it decides. An answer is given only when the
 * operation is settled, and a refusal only when the fold is fresh, so that answers are linearizable.
 */
export class Registry {
  private readonly options: RegistryOptions;
  /** Items that are being carried out. */
  private underWay = 0;

  constructor(options: RegistryOptions) {
    this.options = options;
  }

  get side(): Side {
    return this.options.side;
  }

  /** Registers a participant of a session that holds a lease; waits until it is settled or the deadline. */
  async register(command: RegisterCommand, context: CallContext): Promise<ItemOutcome> {
    return this.whileThereIsRoom(() => this.carryOutRegister(command, context));
  }

  private async carryOutRegister(command: RegisterCommand, context: CallContext): Promise<ItemOutcome> {
    const refusal = this.refuseDeadline(command.deadlineMs) ?? (await this.refuseSession(command.participant));
    if (refusal !== undefined) return refusal;
    const decide = (): Decision => decideRegister(this.options.follower.fold, command, this.hasRoomFor(command));
    return this.carryOut(command, context, 'register', decide);
  }

  /**
   * Removes a registration; resolves as settled once its disconnect is done, or there was nothing to do.
   * @param registrationSequence of the registration's event, where the caller knows it
   */
  async unregister(command: UnregisterCommand, registrationSequence: number | undefined, context: CallContext): Promise<ItemOutcome> {
    return this.whileThereIsRoom(async () => {
      const { follower } = this.options;
      if (registrationSequence === undefined) return this.carryOut(command, context, 'unregister', () => decideUnregister(follower.fold, command));
      if (!(await follower.whenPosition(registrationSequence, this.leftMs(context)))) return NOT_APPENDED;
      // A fold that knows the registration is fresh enough: what ended once stays ended.
      return this.carryOut(command, context, 'unregister', () => ({ ...decideUnregister(follower.fold, command), freshTokens: [] }));
    });
  }

  /** How a request ended, without ever carrying it out. `not_appended` when the log does not hold it. */
  async result(participant: Participant, token: string, requestId: string, context: CallContext): Promise<ItemOutcome> {
    return this.whileThereIsRoom(() => this.findResult(participant, token, requestId, context));
  }

  private async findResult(participant: Participant, token: string, requestId: string, context: CallContext): Promise<ItemOutcome> {
    const { follower, appender, side } = this.options;
    if (!(await appender.refresh([token], context.deadlineMs))) return { kind: 'pending', sequence: 0 };
    const memory = follower.fold.participant(side, participant);
    if (memory?.register.requestId === requestId) return this.awaitOperation(memory.register.token, memory.register.sequence, context, participant);
    if (memory?.unregister?.requestId === requestId) {
      return this.awaitOperation(memory.register.token, memory.unregister.sequence, context, participant);
    }
    return NOT_APPENDED;
  }

  /** Decides under the token's lock; waits without it. */
  private async carryOut(
    command: RegisterCommand | UnregisterCommand,
    context: CallContext,
    verb: 'register' | 'unregister',
    decide: () => Decision,
  ): Promise<ItemOutcome> {
    for (;;) {
      if (this.leftMs(context) <= 0) return NOT_APPENDED;
      const step = await this.options.tokenLock.run(command.token, () => this.decideAndAppend(command, context, verb, decide));
      if (step.kind === 'done') return step.outcome;
      if (step.kind === 'answer') {
        const fresh = await this.confirm(step.answer, decide, context, verb === 'register' ? (command as RegisterCommand) : undefined);
        if (fresh !== undefined) return fresh;
        continue;
      }
      if (step.kind === 'operation') return this.awaitOperation(step.token, step.sequence, context, command.participant);
      await this.options.follower.whenSettled(step.token, step.sequence, this.leftMs(context));
    }
  }

  private async decideAndAppend(
    command: RegisterCommand | UnregisterCommand,
    context: CallContext,
    verb: 'register' | 'unregister',
    decide: () => Decision,
  ): Promise<Step> {
    const { clock, appender, side } = this.options;
    // Where the leader said that the token's events end: the fold forgets that of tokens long idle.
    let leaderLastSequence = 0;
    for (;;) {
      if (this.leftMs(context) <= 0) return { kind: 'done', outcome: NOT_APPENDED };
      const decision = decide();
      if (decision.kind === 'wait') return { kind: 'wait', token: decision.token, sequence: decision.operationSequence };
      if (decision.kind === 'repeat') return { kind: 'operation', token: decision.token, sequence: decision.operationSequence };
      if (decision.kind === 'answer') return { kind: 'answer', answer: decision };
      if (verb === 'register' && this.isBehind()) return { kind: 'done', outcome: BEHIND };
      const { requestId, participant } = command;
      // An unregister may name another token than the one that its registration has.
      const { token } = decision;
      const event: NewEvent = {
        id: `${verb}:${side}:${participant.host}:${participant.session}:${participant.id}:${requestId}`,
        token,
        timeMs: clock.nowMs(),
        source: this.options.source,
        causationId: requestId,
        traceparent: context.traceparent,
        body: decision.body,
      };
      const expected = Math.max(decision.expectedLastSequence, leaderLastSequence);
      const appended = await appender.append(event, side, expected, context.deadlineMs);
      if (appended.kind === 'appended') return { kind: 'operation', token, sequence: appended.sequence };
      if (appended.kind === 'unknown') return { kind: 'done', outcome: { kind: 'pending', sequence: 0 } };
      if (appended.kind === 'stored_before') {
        const now = decide();
        if (now.kind === 'repeat') return { kind: 'operation', token: now.token, sequence: now.operationSequence };
        return { kind: 'done', outcome: staleRequest(requestId, appended.sequence) };
      }
      leaderLastSequence = appended.lastSequence;
    }
  }

  /**
   * The answer, once the fold is as fresh as the log: decided again if it changed meanwhile (undefined then).
   * A refusal must not come from a fold that lags behind what others were told.
   * @param registering the command, where a refusal is to be noted
   */
  private async confirm(answer: Answer, decide: () => Decision, context: CallContext, registering: RegisterCommand | undefined): Promise<ItemOutcome | undefined> {
    const { follower, notes } = this.options;
    const refusal = registering === undefined ? undefined : { command: registering, result: answer.result, holderSequence: answer.holder?.sequence };
    const isNotedFirst = refusal !== undefined && answer.freshTokens.length > 0 && this.options.log.replicas > 1;
    if (isNotedFirst) notes.refused(refusal);
    const before = follower.fold.position;
    if (!(await this.refresh(answer, context, isNotedFirst ? refusal : undefined))) return NOT_APPENDED;
    if (follower.fold.position !== before && !sameAnswer(decide(), answer)) return undefined;
    if (refusal !== undefined && !isNotedFirst) notes.refused(refusal);
    const { result, message, warning, holder } = answer;
    return { kind: 'settled', result, message, warning, sequence: 0, holderSequence: holder?.sequence };
  }

  /** Whether the fold is fresh enough for the answer before the deadline. @param barrier the refusal whose note makes sure of it */
  private async refresh({ freshTokens }: Answer, { deadlineMs }: CallContext, barrier: Refusal | undefined): Promise<boolean> {
    if (barrier !== undefined) return this.options.barrier.pass(barrier, deadlineMs);
    try {
      return await this.options.appender.refresh(freshTokens, deadlineMs);
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
      return false;
    }
  }

  private async awaitOperation(token: string, sequence: number, context: CallContext, participant: Participant): Promise<ItemOutcome> {
    const { follower, side } = this.options;
    const { settled, how } = await follower.whenSettled(token, sequence, this.leftMs(context));
    if (!settled) return { kind: 'pending', sequence };
    if (how !== undefined) return outcomeOf(how, sequence);
    const memory = follower.fold.participant(side, participant);
    const result = memory?.register.sequence === sequence ? (memory.register.result ?? 0) : 0;
    return settledOutcome(result, sequence);
  }

  private refuseDeadline(deadlineMs: number): ItemOutcome | undefined {
    const { maxDeadlineMs } = leaseTerms(this.options.sessionTtlMs);
    if (deadlineMs >= 1 && deadlineMs <= maxDeadlineMs) return undefined;
    return refused(Errno.EINVAL, `the callback deadline of ${deadlineMs} ms is out of range: 1 to ${maxDeadlineMs} ms with this session time to live`);
  }

  private async refuseSession(participant: Participant): Promise<ItemOutcome | undefined> {
    const admission = await this.options.sessions.admit(participant);
    if (admission === 'admitted') return undefined;
    if (admission === 'no_room') return refused(Errno.ENOMEM, `this service has no room for another session; its limit of ${this.options.limits.maxSessions} is reached`);
    return refused(Errno.ENODEV, `host ${participant.host} has no open session ${participant.session} (${formatParticipant(participant)}): it is unknown or has expired`);
  }

  private hasRoomFor({ token, participant, side }: RegisterCommand): boolean {
    const { follower, limits } = this.options;
    const { fold } = follower;
    if (fold.registrationCount(participant, side) >= limits.maxRegistrationsPerSession) return false;
    return fold.tokenCount < limits.maxTokens || fold.isLive(token);
  }

  /** Whether so much waits for the matcher that no more is to be put behind it. What leaves is always taken. */
  private isBehind(): boolean {
    return this.options.follower.fold.openOperations >= this.options.limits.maxOpenOperations;
  }

  private async whileThereIsRoom(carryOut: () => Promise<ItemOutcome>): Promise<ItemOutcome> {
    if (this.underWay >= this.options.limits.maxItemsUnderWay) return CROWDED;
    this.underWay += 1;
    try {
      return await carryOut();
    } finally {
      this.underWay -= 1;
    }
  }

  private leftMs(context: CallContext): number {
    return context.deadlineMs - this.options.clock.nowMs();
  }
}

const BEHIND: ItemOutcome = { kind: 'busy', message: 'too many operations wait for the matcher; ask again later', retryAfterMs: OPERATIONS_RETRY_AFTER_MS };
const CROWDED: ItemOutcome = { kind: 'busy', message: 'too many requests are under way here; ask again later', retryAfterMs: ITEMS_RETRY_AFTER_MS };

function outcomeOf({ settlement, event }: SettledOperation, sequence: number): ItemOutcome {
  return settledOutcome(settlement.result, sequence, event);
}

function refused(result: number, message: string): ItemOutcome {
  return { kind: 'settled', result, message, sequence: 0, warning: false };
}

/** A delayed copy of a request that was taken long ago, whose participant has moved on since. */
function staleRequest(requestId: string, sequence: number): ItemOutcome {
  return refused(Errno.ESTALE, `request ${requestId} was taken before, at sequence ${sequence}, and its participant has gone on since`);
}

function sameAnswer(decision: Decision, answer: Answer): boolean {
  return decision.kind === 'answer' && decision.result === answer.result && decision.holder?.sequence === answer.holder?.sequence;
}
