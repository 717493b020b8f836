import { setTimeout as sleep } from 'node:timers/promises';

/** Whatever is late, a step stays on the screen this long after its effect. */
const SHOWN_MIN_MS = 700;

/** Spreads steps over the time of the show, so that a person can follow. */
export class Pacer {
  private readonly startMs = performance.now();
  private readonly endsMs: readonly number[];

  /** @param weights how long each step is shown relative to the others */
  constructor(totalMs: number, weights: readonly number[]) {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    let reached = 0;
    this.endsMs = weights.map((weight) => (totalMs * (reached += weight)) / sum);
  }

  get elapsedMs(): number {
    return performance.now() - this.startMs;
  }

  /** Resolves when the step's time is over, or the signal is aborted. */
  async endOf(step: number, signal: AbortSignal): Promise<void> {
    const restMs = Math.max(SHOWN_MIN_MS, this.endsMs[step]! - this.elapsedMs);
    await sleep(restMs, undefined, { signal }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
  }
}
