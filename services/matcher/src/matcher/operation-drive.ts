import { nextOperation, NO_PROGRESS, plan, sleep, withReply } from '@irqmesh/domain';
import type { Call, Clock, NewEvent, Outcome, PairOperation, Progress, Side } from '@irqmesh/domain';
import type { EventLog } from '@irqmesh/event-log';
import type { LogFollower } from '@irqmesh/registry';
import type { InvokeOutcome, Invoker } from './invoker.ts';

export interface OperationDriveOptions {
  readonly follower: LogFollower;
  readonly log: EventLog;
  readonly invoker: Invoker;
  readonly clock: Clock;
  readonly source: string;
  readonly stallAfterMs: number;
  /** Whether this matcher may still drive: it holds the partition's lease. */
  readonly mayDrive: () => boolean;
  readonly onError: (message: string, error: unknown) => void;
}

const FIRST_RETRY_MS = 20;
const LONGEST_RETRY_MS = 1_000;
/** Before a callback that still runs is asked about again; the agent waits a little for it too. */
const RUNNING_PAUSE_MS = 20;
/** While the fold has not passed an event that is in the log: how often to look whether the operation is still ours. */
const FOLD_WAIT_MS = 1_000;

/** Drives one operation: asks the sides for the callbacks that `plan` names, and appends the outcome. */
export class OperationDrive {
  readonly operationSequence: number;
  readonly kind: PairOperation['kind'];
  readonly openedAtMs: number;
  /** The call that is waited for, if one is. */
  waitingFor: Call | undefined;
  private readonly token: string;
  private readonly options: OperationDriveOptions;
  private readonly stopping = new AbortController();
  private waking = new AbortController();
  private progress: Progress = NO_PROGRESS;
  /** The call under way, and the one whose last reply was that it still runs. */
  private pending: { readonly call: Call; readonly reply: Promise<InvokeOutcome> } | undefined;
  private stillRunning: Call | undefined;
  private retryMs = FIRST_RETRY_MS;
  /** Where the leader said that the token's pair events end: the fold forgets that of tokens long idle. */
  private leaderLastSequence = 0;

  constructor(operation: PairOperation, options: OperationDriveOptions) {
    this.token = operation.token;
    this.operationSequence = operation.sequence;
    this.kind = operation.kind;
    this.options = options;
    this.openedAtMs = options.clock.monotonicMs();
  }

  /** No further step is begun. */
  stop(): void {
    this.stopping.abort();
    this.wake();
  }

  /** The token's state has changed: look at it again rather than wait on. */
  wake(): void {
    this.waking.abort();
  }

  get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  get openForMs(): number {
    return this.options.clock.monotonicMs() - this.openedAtMs;
  }

  /** Resolves when the operation is settled in the fold, or may no longer be driven here. Never rejects. */
  async run(): Promise<void> {
    const stall = this.options.clock.after(this.options.stallAfterMs, () => void this.noteStall());
    try {
      for (let operation = this.current(); operation !== undefined; operation = this.current()) await this.advance(operation);
    } finally {
      stall.cancel();
      this.waitingFor = undefined;
    }
  }

  /** The operation as the fold has it now, as long as it is the token's head and ours to drive. */
  private current(): PairOperation | undefined {
    if (this.stopped || !this.options.mayDrive()) return undefined;
    const operation = nextOperation(this.options.follower.fold.token(this.token));
    return operation?.sequence === this.operationSequence ? operation : undefined;
  }

  private async advance(operation: PairOperation): Promise<void> {
    this.waking = new AbortController();
    const next = plan(operation, this.progress);
    try {
      if ('outcome' in next) await this.settle(next.outcome);
      else await this.ask(operation, next.call);
    } catch (error) {
      this.options.onError(`driving operation ${this.operationSequence}`, error);
      await this.pause();
    }
  }

  /** Asks a side. A change of the token's state (the side's expiry, say) ends the waiting; the same call is waited for on. */
  private async ask(operation: PairOperation, call: Call): Promise<void> {
    if (!sameCall(this.pending?.call, call)) this.pending = { call, reply: this.invoke(operation, call) };
    this.waitingFor = call;
    const reply = await Promise.race([this.pending!.reply, this.whenWoken()]);
    if (reply === undefined) return;
    this.pending = undefined;
    this.stillRunning = reply.kind === 'running' ? call : undefined;
    if (reply.kind === 'done') {
      this.progress = withReply(this.progress, call, reply.runs);
      this.waitingFor = undefined;
      this.retryMs = FIRST_RETRY_MS;
    } else if (reply.kind === 'running') {
      await sleep(this.options.clock, RUNNING_PAUSE_MS, this.waking.signal);
    } else {
      await this.pause();
    }
  }

  /** Never rejects, since nobody may be waiting any more when it fails. */
  private async invoke(operation: PairOperation, call: Call): Promise<InvokeOutcome> {
    try {
      return await this.options.invoker.invoke(operation, call, sameCall(this.stillRunning, call));
    } catch (error) {
      this.options.onError(`asking the ${call.side} of operation ${this.operationSequence}`, error);
      return { kind: 'unanswered', message: (error as Error).message };
    }
  }

  /** Appends the outcome. A conflict means that somebody else decided first; the fold tells what. */
  private async settle(outcome: Outcome): Promise<void> {
    const { log, follower, clock, source } = this.options;
    const expectedLastSequence = Math.max(follower.fold.token(this.token).lastSequence.pair, this.leaderLastSequence);
    const event: NewEvent = {
      // An outcome that proves void may be followed by one of another type for the same operation.
      id: `pair:${this.operationSequence}:${outcome.type}`,
      token: this.token,
      timeMs: clock.nowMs(),
      source,
      causationId: String(this.operationSequence),
      body: outcome,
    };
    const result = await log.append({ event, expectedLastSequence });
    if (result.kind === 'conflict') this.leaderLastSequence = await log.leaderLastSequence(this.token, 'pair');
    const sequence = result.kind === 'appended' ? result.sequence : this.leaderLastSequence;
    // However far the fold lags: deciding again before it has passed that event could give the operation a second outcome.
    while (!(await follower.whenPosition(sequence, FOLD_WAIT_MS))) if (this.current() === undefined) return;
    // A void outcome leaves the operation open: `run` plans again from the fold, after a moment.
    if (this.current() !== undefined && result.kind === 'appended' && result.duplicate) await this.pause();
  }

  private whenWoken(): Promise<undefined> {
    const { signal } = this.waking;
    return new Promise((resolve) => {
      if (signal.aborted) resolve(undefined);
      else signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
  }

  private async pause(): Promise<void> {
    await sleep(this.options.clock, this.retryMs, this.waking.signal);
    this.retryMs = Math.min(2 * this.retryMs, LONGEST_RETRY_MS);
  }

  private async noteStall(): Promise<void> {
    const { log, clock, source } = this.options;
    const waitingFor: Side = this.waitingFor?.side ?? 'producer';
    const step = describeCall(this.waitingFor);
    const body = { type: 'HandshakeStalled', operationSequence: this.operationSequence, waitingFor, step, openForMs: Math.round(this.openForMs) } as const;
    try {
      await log.append({ event: { id: `stall:${this.operationSequence}`, token: this.token, timeMs: clock.nowMs(), source, causationId: String(this.operationSequence), body } });
    } catch (error) {
      this.options.onError('noting a stalled handshake', error);
    }
  }
}

/** `add_producer, start` or `rollback`: what a call asks for, for people. */
export function describeCall(call: Call | undefined): string {
  if (call === undefined) return 'none';
  return call.kind === 'rollback' ? 'rollback' : call.steps.join(', ');
}

function sameCall(a: Call | undefined, b: Call): boolean {
  return a !== undefined && a.kind === b.kind && a.side === b.side && describeCall(a) === describeCall(b);
}
