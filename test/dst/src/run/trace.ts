// oxlint-disable-next-line no-restricted-imports -- a hash is no randomness
import { createHash } from 'node:crypto';
import type { VirtualTime } from '../time/virtual-time.ts';

/** How many lines before a failure are shown. */
const SHOWN_LINES = 60;
/** A hash takes long for each text that it is given, however short. */
const HASHED_LETTERS = 1 << 15;

/**
 * Everything that happens in a run, a line each, hashed, so that two runs can be compared. What tells people something is
 * kept; what only completes the picture (each message, timer and step of a fold) is in the hash and in a trace that is
 * written, and would bury the rest.
 */
export class Trace {
  private readonly hash = createHash('sha256');
  private unhashed = '';
  private readonly lines: string[] = [];
  private readonly time: VirtualTime;
  private readonly sink: ((line: string) => void) | undefined;

  /** @param sink gets every line. */
  constructor(time: VirtualTime, sink?: (line: string) => void) {
    this.time = time;
    this.sink = sink;
  }

  /** @param who the process that it happens to. */
  write(who: string, what: string): void {
    this.lines.push(this.add(who, what));
  }

  /** Something that is not among the lines that a failure shows. */
  detail(who: string, what: string): void {
    this.add(who, what);
  }

  /** How many lines have been kept so far. */
  get length(): number {
    return this.lines.length;
  }

  /** The last lines that were kept before there were `length`. */
  linesBefore(length: number): readonly string[] {
    return this.lines.slice(Math.max(0, length - SHOWN_LINES), length);
  }

  /** The hash of all lines so far. */
  digest(): string {
    return this.hash.copy().update(this.unhashed).digest('hex').slice(0, 16);
  }

  private add(who: string, what: string): string {
    const line = `${this.time.nowMs.toFixed(3).padStart(11)} ${who.padEnd(21)} ${what.includes('\n') ? what.replaceAll('\n', '\\n') : what}`;
    this.unhashed += `${line}\n`;
    if (this.unhashed.length >= HASHED_LETTERS) {
      this.hash.update(this.unhashed);
      this.unhashed = '';
    }
    this.sink?.(line);
    return line;
  }
}
