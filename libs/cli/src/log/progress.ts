import { formatDuration } from '../output/duration.ts';

/** Where progress is shown: the standard error, or a test's own. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const REDRAW_MS = 100;
const LINE_MS = 5000;
const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\u001b[K';

/** How far something of a known size has come: a bar on a terminal, elsewhere a line now and then. */
export class Progress {
  private readonly label: string;
  private readonly output: ProgressOutput;
  private readonly nowMs: () => number;
  private readonly startMs: number;
  private shownMs: number;
  private isDrawn = false;

  /** @param nowMs a clock that only goes forward */
  constructor(label: string, output: ProgressOutput, nowMs: () => number) {
    this.label = label;
    this.output = output;
    this.nowMs = nowMs;
    this.startMs = nowMs();
    this.shownMs = this.startMs;
  }

  /** Shows it when it is time to. */
  update(done: number, total: number): void {
    const nowMs = this.nowMs();
    const isTerminal = this.output.isTTY === true;
    if (nowMs - this.shownMs < (isTerminal ? REDRAW_MS : LINE_MS)) return;
    this.shownMs = nowMs;
    this.isDrawn = isTerminal;
    this.output.write(isTerminal ? `${CLEAR_LINE}${this.label} ${bar(done, total)} ${this.numbers(done, total, nowMs)}` : `irqmesh: ${this.label} ${this.numbers(done, total, nowMs)}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.isDrawn) this.output.write(CLEAR_LINE);
    this.isDrawn = false;
  }

  private numbers(done: number, total: number, nowMs: number): string {
    const seconds = (nowMs - this.startMs) / 1000;
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
    const left = done === 0 ? '' : `, ${formatDuration(((total - done) / done) * seconds * 1e6)} left`;
    return `${percent} %, ${done} of ${total} events, ${rateOf(done, seconds)}${left}`;
  }
}

/** `12345 events/s`. */
export function rateOf(events: number, seconds: number): string {
  return `${Math.round(events / Math.max(seconds, 0.001))} events/s`;
}

function bar(done: number, total: number): string {
  const full = total === 0 ? BAR_WIDTH : Math.floor((done / total) * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`;
}
