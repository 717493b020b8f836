import type { Clock, Timer } from '../ports.ts';

interface ManualTimer extends Timer {
  readonly dueMs: number;
  /** Timers that are due together run in the order in which they were set. */
  readonly order: number;
  readonly run: () => void;
}

/** Each turn of the event loop empties the queue of promises; a few, since a test's own hops may need one each. */
const TURNS = 3;

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  private readonly timers = new Set<ManualTimer>();
  private elapsedMs = 0;
  private wallMs: number;
  private timersSet = 0;

  /** @param startMs wall-clock time to begin with, in milliseconds since 1970. */
  constructor(startMs = 1_700_000_000_000) {
    this.wallMs = startMs;
  }

  /** Whole milliseconds, as machines give them. */
  nowMs(): number {
    return Math.floor(this.wallMs);
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: ManualTimer = {
      dueMs: this.elapsedMs + Math.max(0, delayMs),
      order: this.timersSet++,
      run,
      cancel: () => void this.timers.delete(timer),
    };
    this.timers.add(timer);
    return timer;
  }

  /** Timers that are set and have neither run nor been cancelled. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Moves time on by `ms`; runs each timer at its moment, and what its promises lead to before the next one. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.elapsedMs + ms;
    await this.settle();
    for (let next = this.nextDue(targetMs); next !== undefined; next = this.nextDue(targetMs)) {
      this.timers.delete(next);
      this.pass(Math.max(0, next.dueMs - this.elapsedMs));
      next.run();
      await this.settle();
    }
    this.pass(Math.max(0, targetMs - this.elapsedMs));
    await this.settle();
  }

  /** Time passes and nothing runs: the process was stopped. Timers that fell due run at the next `advance`. */
  stall(ms: number): void {
    this.pass(ms);
  }

  /** The wall clock is set forward (or back); the monotonic one does not notice. */
  setWall(byMs: number): void {
    this.wallMs += byMs;
  }

  /** Lets everything run that waits for promises only. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  private nextDue(targetMs: number): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.timers) {
      if (timer.dueMs > targetMs) continue;
      if (first === undefined || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) first = timer;
    }
    return first;
  }

  private pass(ms: number): void {
    this.elapsedMs += ms;
    this.wallMs += ms;
  }
}
