/** The latest this many are kept. */
const CAPACITY = 4096;

/** How long calls took, in microseconds; bounded. */
export class LatencyLog {
  private readonly samplesUs: number[] = [];
  private next = 0;

  add(durationUs: number): void {
    this.samplesUs[this.next] = Math.round(durationUs);
    this.next = (this.next + 1) % CAPACITY;
  }

  /** In no order. */
  list(): readonly number[] {
    return this.samplesUs;
  }
}
