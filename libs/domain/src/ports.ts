/** A timer that was set; `cancel` may be called any number of times. */
export interface Timer {
  cancel(): void;
}

/** Time, behind a port so that a simulator can replace it. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970; compared between hosts, so it may jump. */
  nowMs(): number;
  /** Time that only grows, in milliseconds from an arbitrary start; for durations and leases. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`. */
  after(delayMs: number, run: () => void): Timer;
}

/** Randomness, behind a port so that a seed can replace it. */
export interface Random {
  /** A name that no other call returns: letters and digits, usable in subjects. */
  id(): string;
  /** A number from 0 up to but not including 1. */
  fraction(): number;
}

/** Resolves after `delayMs`, or at once when `signal` aborts; never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
