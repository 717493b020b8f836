import type { Clock, Timer } from '../ports.ts';

/** The machine's clocks and timers. A timer keeps the process alive until it has run or was cancelled. */
export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(delayMs: number, run: () => void): Timer {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  }
}
