import type { Moment } from '@irqmesh/test-history';

/** Nanoseconds in a microsecond, the unit of this run's moments. */
const NANOS = 1_000;
/** The system clock is read until it ticks, so that it is known to less than its millisecond. */
const TICK_LIMIT_MS = 5;

/** Now, in microseconds of the machine's monotonic clock: the same one for every process on it. */
export function momentNow(): Moment {
  return Number(process.hrtime.bigint()) / NANOS;
}

interface Sample {
  readonly moment: Moment;
  /** System time less moment, in microseconds. */
  readonly offset: number;
}

/**
 * Turns the system time of NATS into moments. The system clock is corrected now and then, so its offset is measured
 * again and again while the run lasts.
 */
export class WallClock {
  private readonly samples: Sample[] = [];

  /** Takes one sample more. */
  measure(): void {
    const startMs = Date.now();
    let nowMs = startMs;
    for (const until = momentNow() + TICK_LIMIT_MS * NANOS; nowMs === startMs && momentNow() < until; ) nowMs = Date.now();
    const moment = momentNow();
    this.samples.push({ moment, offset: nowMs * NANOS - moment });
  }

  /** By how much the offset changed over the run, in microseconds: moments are no more exact than that. */
  get drift(): number {
    const offsets = this.samples.map(({ offset }) => offset);
    return Math.max(...offsets) - Math.min(...offsets);
  }

  /** The moment of a system time, at its earliest. @param nanos since 1970 */
  earliestMoment(nanos: bigint): Moment {
    const micros = Number(nanos / BigInt(NANOS));
    return Math.min(...this.samples.map(({ offset }) => micros - offset));
  }
}
