// oxlint-disable-next-line no-restricted-imports -- a hash is no randomness
import { createHash } from 'node:crypto';
import type { VirtualTime } from '../time/virtual-time.ts';

/** How many of the last lines a failure shows. */
const KEPT_LINES = 60;

/** Everything that happens in a run, a line each: hashed, so that two runs can be compared, and kept as far as asked. */
export class Trace {
  private readonly hash = createHash('sha256');
  private readonly last: string[] = [];
  private readonly time: VirtualTime;
  private readonly sink: ((line: string) => void) | undefined;

  /** @param sink gets every line. */
  constructor(time: VirtualTime, sink?: (line: string) => void) {
    this.time = time;
    this.sink = sink;
  }

  /** @param who the process that it happens to. */
  write(who: string, what: string): void {
    const line = `${this.time.nowMs.toFixed(3).padStart(11)} ${who.padEnd(21)} ${what}`;
    this.hash.update(line);
    this.sink?.(line);
    this.last.push(line);
    if (this.last.length > 2 * KEPT_LINES) this.last.splice(0, KEPT_LINES);
  }

  get lastLines(): readonly string[] {
    return this.last.slice(-KEPT_LINES);
  }

  /** The hash of all lines; ends the trace. */
  digest(): string {
    return this.hash.digest('hex').slice(0, 16);
  }
}
