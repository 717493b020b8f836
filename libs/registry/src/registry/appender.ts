import type { Clock, EventKind, NewEvent } from '@irqmesh/domain';
import { sleep } from '@irqmesh/domain';
import { LogUnavailableError } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import type { LogFollower } from '../follower/log-follower.ts';

/**
 * How an attempt to append a decision ended.
 * - `appended`: this very decision stands in the log at `sequence`.
 * - `decide_again`: something else came first; the fold has passed it. `lastSequence` is where the token's events of
 *   this kind end, for a token that the fold no longer knows.
 * - `stored_before`: an event with this id was in the log already; the fold has passed it, so deciding again tells what
 *   it was.
 * - `unknown`: no answer from the log by the deadline; the event may stand there.
 */
export type AppendOutcome =
  | { readonly kind: 'appended'; readonly sequence: number }
  | { readonly kind: 'decide_again'; readonly lastSequence: number }
  | { readonly kind: 'stored_before'; readonly sequence: number }
  | { readonly kind: 'unknown' };

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/** Appends decisions and sees to it that the fold knows of each before the next is made. */
export class Appender {
  private readonly log: EventLog;
  private readonly follower: LogFollower;
  private readonly clock: Clock;

  constructor(log: EventLog, follower: LogFollower, clock: Clock) {
    this.log = log;
    this.follower = follower;
    this.clock = clock;
  }

  /** Tries until the log answers or the deadline, in milliseconds since 1970, is over. */
  async append(event: NewEvent, kind: EventKind, expectedLastSequence: number, deadlineMs: number): Promise<AppendOutcome> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      try {
        return await this.appendOnce(event, kind, expectedLastSequence, deadlineMs);
      } catch (error) {
        if (!(error instanceof LogUnavailableError)) throw error;
        const leftMs = deadlineMs - this.clock.nowMs();
        if (leftMs <= 0) return { kind: 'unknown' };
        await sleep(this.clock, Math.min(retryMs, leftMs));
      }
    }
  }

  /** Waits until the fold is as fresh as the leader on these tokens; false when the deadline came first. */
  async refresh(tokens: readonly string[], deadlineMs: number): Promise<boolean> {
    for (const token of tokens) {
      const last = await this.log.leaderLastSequence(token);
      if (!(await this.follower.whenPosition(last, deadlineMs - this.clock.nowMs()))) return false;
    }
    return true;
  }

  private async appendOnce(event: NewEvent, kind: EventKind, expectedLastSequence: number, deadlineMs: number): Promise<AppendOutcome> {
    const result = await this.log.append({ event, expectedLastSequence });
    if (result.kind === 'conflict') {
      const lastSequence = await this.log.leaderLastSequence(event.token, kind);
      return this.afterFold(lastSequence, deadlineMs, { kind: 'decide_again', lastSequence });
    }
    const { sequence } = result;
    if (!result.duplicate) return this.afterFold(sequence, deadlineMs, { kind: 'appended', sequence });
    return this.afterFold(sequence, deadlineMs, { kind: 'stored_before', sequence });
  }

  private async afterFold(sequence: number, deadlineMs: number, outcome: AppendOutcome): Promise<AppendOutcome> {
    const reached = await this.follower.whenPosition(sequence, deadlineMs - this.clock.nowMs());
    // An own event that is not folded yet is in the log all the same: its caller waits for the operation anyway.
    return reached || outcome.kind === 'appended' ? outcome : { kind: 'unknown' };
  }
}
