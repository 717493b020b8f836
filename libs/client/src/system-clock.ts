import type { Clock, Timer } from '@irqmesh/domain';

/** The machine's clock. Its timers keep the process alive. */
export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  }
}
