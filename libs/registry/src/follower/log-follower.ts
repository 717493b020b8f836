import { Fold, isOpen } from '@irqmesh/domain';
import type { Clock, LogEvent, Settlement, TokenState } from '@irqmesh/domain';
import { LogLostDataError, START } from '@irqmesh/event-log';
import type { Checkpoint, EventLog, LogSubscription } from '@irqmesh/event-log';
import type { ReadModel } from '../read-model/port.ts';
import { ReadModelWriter } from './read-model-writer.ts';
import { Waiters } from './waiters.ts';

/** An operation that the fold saw settled, and the event that settled it. */
export interface SettledOperation {
  readonly settlement: Settlement;
  readonly event: LogEvent;
}

export interface LogFollowerOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly readModel: ReadModel;
  /** Go on although the log has lost data: what was read before is dropped, and the log that is there is folded. */
  readonly acceptDataLoss: boolean;
  /** Reading has ended and cannot go on: the service must stop. */
  readonly onFatal: (error: Error) => void;
  readonly onWarning: (message: string) => void;
}

/** Told of every event that was folded, with the token's new state. */
export type StateListener = (state: TokenState, event: LogEvent) => void;

/**
 * Keeps a fold of the log up to date: from the read model's checkpoint, then live. Registries answer and matchers
 * drive from the fold; this lets them wait for it.
 */
export class LogFollower {
  private readonly options: LogFollowerOptions;
  private readonly listeners: StateListener[] = [];
  private readonly settled: Waiters<number, SettledOperation>;
  private readonly positions: Waiters<number, true>;
  private readonly writer: ReadModelWriter;
  private currentFold = new Fold();
  private subscription: LogSubscription | undefined;
  private isCaughtUp = false;
  private onceCaughtUp: (() => void)[] = [];
  private failure: Error | undefined;

  constructor(options: LogFollowerOptions) {
    this.options = options;
    this.settled = new Waiters(options.clock);
    this.positions = new Waiters(options.clock);
    this.writer = new ReadModelWriter(options.readModel, options.clock, (error) => this.end(error));
  }

  get fold(): Fold {
    return this.currentFold;
  }

  /** Whether the fold has reached what was the log's end when reading began (or went on after an interruption). */
  get caughtUp(): boolean {
    return this.isCaughtUp && this.failure === undefined;
  }

  /** Adds a listener; call it before `start`, so that none misses an event. */
  onState(listener: StateListener): void {
    this.listeners.push(listener);
  }

  /**
   * Loads the read model and begins to read after its checkpoint.
   * @throws LogLostDataError when the log does not hold what was read before, unless that is accepted.
   */
  async start(): Promise<void> {
    const { readModel } = this.options;
    const stored = await readModel.load();
    let checkpoint = stored?.checkpoint ?? START;
    if (stored !== undefined) this.currentFold = Fold.restore(stored.snapshot);
    try {
      this.subscription = await this.subscribe(checkpoint);
    } catch (error) {
      if (!(error instanceof LogLostDataError) || !this.options.acceptDataLoss) throw error;
      this.options.onWarning(`going on although the log has lost data, as told to: ${error.message}`);
      await readModel.reset();
      this.currentFold = new Fold();
      checkpoint = START;
      this.subscription = await this.subscribe(checkpoint);
    }
  }

  /** Resolves when the fold has caught up, or reading has ended. */
  async whenCaughtUp(): Promise<void> {
    if (this.isCaughtUp || this.failure !== undefined) return;
    await new Promise<void>((resolve) => this.onceCaughtUp.push(resolve));
  }

  /** Whether the fold reached `sequence` within `timeoutMs`. */
  async whenPosition(sequence: number, timeoutMs: number): Promise<boolean> {
    if (this.fold.position >= sequence) return true;
    return (await this.positions.wait(sequence, timeoutMs)) === true;
  }

  /**
   * Whether the operation is settled within `timeoutMs`; at once if the fold has settled it already. The operation's
   * event must be in the log.
   */
  async whenSettled(token: string, operationSequence: number, timeoutMs: number): Promise<{ readonly settled: boolean; readonly how?: SettledOperation }> {
    const passed = this.fold.position >= operationSequence;
    if (passed && !isOpen(this.fold.token(token), operationSequence)) return { settled: true };
    const how = await this.settled.wait(operationSequence, timeoutMs);
    return how === undefined ? { settled: false } : { settled: true, how };
  }

  /** Resolves when the read model holds all that is folded by now. */
  async whenReadable(): Promise<void> {
    await this.writer.flush();
  }

  /** Stops reading, writes what is folded to the read model and closes it. */
  async close(): Promise<void> {
    this.releaseCaughtUp();
    await this.subscription?.close();
    this.settled.giveUp();
    this.positions.giveUp();
    await this.writer.close();
    await this.options.readModel.close();
  }

  private async subscribe(checkpoint: Checkpoint): Promise<LogSubscription> {
    const { createdMs } = await this.options.log.identity();
    this.writer.logCreatedMs = createdMs;
    return this.options.log.subscribe(checkpoint, {
      onEvent: (event) => this.applyEvent(event),
      onCaughtUp: () => {
        this.isCaughtUp = true;
        this.releaseCaughtUp();
      },
      onEnd: (error) => this.end(error),
    });
  }

  private applyEvent(event: LogEvent): void {
    const state = this.currentFold.apply(event);
    this.writer.note(this.currentFold, state, event);
    for (const listener of this.listeners) listener(state, event);
    for (const settlement of state.settled) this.settled.resolve(settlement.operation.sequence, { settlement, event });
    if (this.positions.size === 0) return;
    for (const sequence of [...this.positions.keys()]) if (sequence <= event.sequence) this.positions.resolve(sequence, true);
  }

  private releaseCaughtUp(): void {
    for (const release of this.onceCaughtUp.splice(0)) release();
  }

  private end(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.releaseCaughtUp();
    this.options.onFatal(error);
  }
}
