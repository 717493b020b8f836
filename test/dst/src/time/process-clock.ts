import type { Clock, Timer } from '@irqmesh/domain';
import type { Trace } from '../run/trace.ts';
import type { Life } from '../world/life.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What the wall clocks of the simulated world show when it begins. */
const WALL_START_MS = 1_700_000_000_000;

/** How a host's clocks are wrong. */
export interface ClockError {
  /** How far ahead its wall clock is. */
  readonly offsetMs: number;
  /** How many of its milliseconds pass in one of the world's: 1 for a clock that is right. */
  readonly rate: number;
}

export const RIGHT_CLOCK: ClockError = { offsetMs: 0, rate: 1 };

/** The clock that one process reads; its timers die with it, and wait while it is paused. */
export class ProcessClock implements Clock {
  private readonly time: VirtualTime;
  private readonly life: Life;
  private readonly error: ClockError;
  private readonly trace: Trace;

  constructor(time: VirtualTime, life: Life, error: ClockError, trace: Trace) {
    this.time = time;
    this.life = life;
    this.error = error;
    this.trace = trace;
  }

  /** Whole milliseconds, as machines give them. */
  nowMs(): number {
    return Math.floor(WALL_START_MS + this.error.offsetMs + this.time.nowMs * this.error.rate);
  }

  monotonicMs(): number {
    return this.time.nowMs * this.error.rate;
  }

  after(delayMs: number, run: () => void): Timer {
    let cancelled = false;
    const scheduled = this.time.after(Math.max(0, delayMs) / this.error.rate, () =>
      this.life.deliver(() => {
        if (cancelled) return;
        this.trace.detail(this.life.name, `wakes after ${delayMs} ms`);
        run();
      }),
    );
    return {
      cancel: () => {
        cancelled = true;
        scheduled.cancel();
      },
    };
  }
}
