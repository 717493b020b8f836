import type { EventKind, LogEvent } from '@irqmesh/domain';
import { LogUnavailableError } from '@irqmesh/event-log';
import type { AppendRequest, AppendResult, Checkpoint, EventLog, LogIdentity, LogReader, LogSubscription } from '@irqmesh/event-log';

/** A log whose reader can be made to lag and whose acknowledgements can be lost, for one process of a test. */
export class GatedLog implements EventLog {
  /** While set, appends are stored but their acknowledgements never arrive. */
  losesAcks = false;
  /** While set, the leader does not answer. */
  hasNoLeader = false;
  /** While set, a leader that was replaced and does not know it tells where the log ends: it has nothing beyond this sequence. */
  staleLeaderEnd: number | undefined;
  private readonly log: EventLog;
  private held: LogEvent[] = [];
  private holding = false;
  private reader: LogReader | undefined;

  constructor(log: EventLog) {
    this.log = log;
  }

  get partitions(): number {
    return this.log.partitions;
  }

  get replicas(): number {
    return this.log.replicas;
  }

  /** Events are kept back from the reader from now on. */
  hold(): void {
    this.holding = true;
  }

  /** Delivers what was kept back, in order, and holds no more. */
  release(): void {
    this.holding = false;
    for (const event of this.held.splice(0)) this.reader!.onEvent(event);
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const result = await this.log.append(request);
    if (this.losesAcks) throw new LogUnavailableError('the acknowledgement was lost');
    return result;
  }

  subscribe(after: Checkpoint, reader: LogReader): Promise<LogSubscription> {
    this.reader = reader;
    const onEvent = (event: LogEvent): void => {
      if (this.holding) this.held.push(event);
      else reader.onEvent(event);
    };
    return this.log.subscribe(after, { onEvent, onCaughtUp: () => reader.onCaughtUp(), onEnd: (error) => reader.onEnd(error) });
  }

  identity(): Promise<LogIdentity> {
    return this.log.identity();
  }

  read(sequence: number): Promise<LogEvent | undefined> {
    return this.log.read(sequence);
  }

  leaderLastSequence(token: string, kind?: EventKind): Promise<number> {
    if (this.hasNoLeader) return Promise.reject(new LogUnavailableError('no leader'));
    return this.staleLeaderEnd === undefined ? this.log.leaderLastSequence(token, kind) : this.staleLastSequence(token, this.staleLeaderEnd);
  }

  private async staleLastSequence(token: string, end: number): Promise<number> {
    const events = await this.log.readToken(token, { fromSequence: 1, limit: 1_000 });
    return events.findLast(({ sequence }) => sequence <= end)?.sequence ?? 0;
  }

  readToken(token: string, options: { readonly fromSequence: number; readonly limit: number }): Promise<LogEvent[]> {
    return this.log.readToken(token, options);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
