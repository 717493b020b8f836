import type { CallbackRun } from '../callbacks.ts';
import { Fold } from '../fold.ts';
import { NO_PROGRESS, plan, withReply } from '../plan.ts';
import type { Call, Outcome, Progress } from '../plan.ts';
import { nextOperation } from '../token-state.ts';
import type { ModelWorld } from './model-world.ts';

/** An append that is on its way to the log. */
interface PairAppend {
  readonly token: string;
  readonly body: Outcome;
  readonly expectedLastSequence: number;
}

/** A matcher that drives from a fold of its own, which may lag behind the log, and that may forget all it has done. */
export class ModelMatcher {
  private readonly world: ModelWorld;
  private view = new Fold();
  private progress = new Map<number, Progress>();
  private readonly underWay: PairAppend[] = [];
  /** Where a token's pair events end, as the leader said after a conflict: a restored fold need not know. */
  private readonly lastPair = new Map<string, number>();

  constructor(world: ModelWorld) {
    this.world = world;
  }

  /** Folds at most so many events more. */
  follow(events: number): void {
    for (const event of this.world.log.slice(this.view.position, Math.min(this.world.log.length, this.view.position + events))) this.view.apply(event);
  }

  /** A crash: it starts from a snapshot of its fold and knows of no call it has made. What it sent may still arrive. */
  restart(): void {
    this.view = Fold.restore(this.view.snapshot());
    this.progress = new Map();
  }

  /** One step for the token's open operation, if the view has one: a call, or the append of its outcome, slow or not. */
  drive(token: string, nextResult: () => number, isAppendSlow: boolean): void {
    const state = this.view.token(token);
    const operation = nextOperation(state);
    if (operation === undefined) return;
    const progress = this.progress.get(operation.sequence) ?? NO_PROGRESS;
    const next = plan(operation, progress);
    if ('outcome' in next) {
      const expectedLastSequence = Math.max(state.lastSequence.pair, this.lastPair.get(token) ?? 0);
      this.underWay.push({ token, body: next.outcome, expectedLastSequence });
      if (!isAppendSlow) this.arrive();
      return;
    }
    const runs = this.call(operation.sequence, operation[next.call.side].sequence, next.call, nextResult);
    if (runs === undefined) this.progress.delete(operation.sequence);
    else this.progress.set(operation.sequence, withReply(progress, next.call, runs));
  }

  /** All appends under way reach the log, the oldest first. */
  arrive(): void {
    for (const { token, body, expectedLastSequence } of this.underWay.splice(0)) {
      const last = this.world.truth.token(token).lastSequence.pair;
      if (expectedLastSequence === last) {
        this.world.append(token, body);
        continue;
      }
      this.lastPair.set(token, last);
      this.follow(Infinity);
    }
  }

  private call(operation: number, registration: number, call: Call, nextResult: () => number): readonly CallbackRun[] | undefined {
    const agent = this.world.registration(registration);
    return call.kind === 'rollback' ? agent?.rollback(operation) : agent?.invoke(operation, call.steps, nextResult);
  }
}
