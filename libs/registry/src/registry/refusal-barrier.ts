import { sleep } from '@irqmesh/domain';
import type { Clock } from '@irqmesh/domain';
import { LogUnavailableError } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import type { LogFollower } from '../follower/log-follower.ts';
import type { Refusal, RefusalNotes } from './refusal-notes.ts';

/** Refusals that come within this time of the last barrier share the next: each is an event that the log keeps. */
const PACE_MS = 20;

export interface RefusalBarrierOptions {
  readonly log: EventLog;
  readonly follower: LogFollower;
  readonly notes: RefusalNotes;
  readonly clock: Clock;
}

/**
 * Makes the fold as fresh as a replicated log before a refusal is told. Where the log ends cannot be asked for: the
 * server that answers may have been replaced as the stream's leader without knowing it yet, since it stood still or was
 * cut off. An append cannot be answered so, because a majority has to take it. So the refusal's note is appended first;
 * a fold that has passed it has passed everything that was answered before.
 */
export class RefusalBarrier {
  private readonly options: RefusalBarrierOptions;
  /** The barrier that has not been sent yet: whoever comes before it is sent may share it. */
  private next: Promise<number | undefined> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: RefusalBarrierOptions) {
    this.options = options;
  }

  /** Whether the fold has passed a barrier that was appended after this call; false when the deadline came first, or the log did not answer. */
  async pass(refusal: Refusal, deadlineMs: number): Promise<boolean> {
    const { follower, clock } = this.options;
    this.next ??= this.append(refusal);
    const sequence = await this.next;
    return sequence !== undefined && follower.whenPosition(sequence, deadlineMs - clock.nowMs());
  }

  /** One at a time. @returns its sequence, undefined where it is not known to be stored. */
  private async append(refusal: Refusal): Promise<number | undefined> {
    const { log, notes, clock } = this.options;
    await this.last;
    this.next = undefined;
    const appending = log.append({ event: notes.take(refusal) });
    this.last = appending.then(() => sleep(clock, PACE_MS), () => sleep(clock, PACE_MS));
    try {
      const result = await appending;
      return result.kind === 'appended' ? result.sequence : undefined;
    } catch (error) {
      if (error instanceof LogUnavailableError) return undefined;
      throw error;
    }
  }
}
