import type { Clock } from '@irqmesh/domain';

/** Wakes those who wait for something to change; they look for themselves whether it is what they wait for. */
export class Signal {
  private readonly waiters = new Set<() => void>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  fire(): void {
    for (const wake of [...this.waiters]) wake();
  }

  /** Resolves at the next `fire`, or after `timeoutMs` where one is given. */
  next(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.waiters.delete(wake);
        timer?.cancel();
        resolve();
      };
      const timer = timeoutMs === undefined ? undefined : this.clock.after(timeoutMs, wake);
      this.waiters.add(wake);
    });
  }
}
