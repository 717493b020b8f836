import { nextOperation, partitionOf } from '@irqmesh/domain';
import type { Clock, TokenState } from '@irqmesh/domain';
import type { EventLog } from '@irqmesh/event-log';
import type { LogFollower } from '@irqmesh/registry';
import type { Invoker } from './invoker.ts';
import { OperationDrive } from './operation-drive.ts';

export interface MatcherOptions {
  readonly follower: LogFollower;
  readonly log: EventLog;
  readonly invoker: Invoker;
  readonly clock: Clock;
  /** Who writes the events: service and instance. */
  readonly source: string;
  /** Whether this matcher holds the partition's lease now. */
  readonly holds: (partition: number) => boolean;
  /** An operation open for longer than this leaves a note in the log. */
  readonly stallAfterMs: number;
  /** Operations driven at once; the others wait. */
  readonly maxDrivenOperations: number;
  readonly onError: (message: string, error: unknown) => void;
}

/** An operation that is being driven, for people. */
export interface DrivenOperation {
  readonly token: string;
  readonly drive: OperationDrive;
}

/**
 * Drives the head operation of every token in the partitions it holds, one a token at a time. It keeps nothing that
 * the log does not hold: after a crash, another folds the log, finds the open operations and drives them again.
 */
export class Matcher {
  private readonly options: MatcherOptions;
  private readonly drives = new Map<string, OperationDrive>();
  private readonly running = new Set<Promise<void>>();
  /** Tokens that wait for a drive to end, in the order in which they came. */
  private readonly waiting = new Set<string>();
  private closed = false;

  constructor(options: MatcherOptions) {
    this.options = options;
    options.follower.onState((state) => this.onState(state));
  }

  /** A lease was gained, or the fold has caught up: drives what is open there. */
  resume(): void {
    for (const state of this.options.follower.fold.tokens()) this.consider(state);
  }

  /** A lease was lost: stops driving. Nothing is rolled back; whoever holds the lease now goes on. */
  release(partition: number): void {
    for (const [token, drive] of this.drives) if (this.partitionOf(token) === partition) drive.stop();
  }

  /** The operations being driven, of one partition. */
  driven(partition: number): DrivenOperation[] {
    return [...this.drives].filter(([token]) => this.partitionOf(token) === partition).map(([token, drive]) => ({ token, drive }));
  }

  /** Stops driving and waits until every drive has let go. */
  async close(): Promise<void> {
    this.closed = true;
    for (const drive of this.drives.values()) drive.stop();
    await Promise.all(this.running);
  }

  private onState(state: TokenState): void {
    const drive = this.drives.get(state.token);
    if (drive !== undefined) drive.wake();
    else this.consider(state);
  }

  private consider(state: TokenState): void {
    const operation = nextOperation(state);
    if (operation === undefined || this.closed || !this.options.follower.caughtUp) return;
    const { token } = state;
    if (this.drives.has(token) || !this.options.holds(this.partitionOf(token))) return;
    if (this.drives.size >= this.options.maxDrivenOperations) return void this.waiting.add(token);
    const drive = new OperationDrive(operation, { ...this.options, mayDrive: () => this.options.holds(this.partitionOf(token)) });
    this.drives.set(token, drive);
    const run = drive.run().finally(() => {
      this.running.delete(run);
      this.drives.delete(token);
      // The token's next operation may have waited behind this one; so may this very one, if the lease was lost for a
      // moment and is back.
      this.consider(this.options.follower.fold.token(token));
      this.considerNext();
    });
    this.running.add(run);
  }

  /** Lets those that wait have the room that there is. */
  private considerNext(): void {
    for (const token of this.waiting) {
      if (this.drives.size >= this.options.maxDrivenOperations) return;
      this.waiting.delete(token);
      this.consider(this.options.follower.fold.token(token));
    }
  }

  private partitionOf(token: string): number {
    return partitionOf(token, this.options.log.partitions);
  }
}
