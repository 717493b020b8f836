import type { WriteStream } from 'node:tty';
import { summaryLines } from '../demo/summary.ts';
import type { Summary } from '../demo/summary.ts';
import { frame } from './frame.ts';
import { marksFor } from './marks.ts';
import { cut, render, span } from './spans.ts';
import type { DemoView, StateSource } from './view.ts';

const FRAMES_PER_SECOND = 10;
const ESC = '\u001b[';
/** The other screen, without a cursor: what stood there comes back at the end, and the summary goes below it. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}2J`;
const LEAVE = `${ESC}?25h${ESC}?1049l`;
/** Terminals that know it show a frame at once; others ignore it. */
const BEGIN_FRAME = `${ESC}?2026h${ESC}H`;
const END_FRAME = `${ESC}?2026l`;
const CLEAR_LINE = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;
const NOTES_MAX = 50;

/** A live view that fills the terminal. */
export class TerminalView implements DemoView {
  private readonly output: WriteStream;
  private readonly source: StateSource;
  private readonly colours: boolean;
  private readonly marks = marksFor(process.env);
  private readonly notes: string[] = [];
  private readonly timer: NodeJS.Timeout;
  private shown = true;
  private readonly draw = (): void => this.drawFrame();
  private readonly onExit = (): void => this.leave();

  constructor(output: WriteStream, source: StateSource) {
    this.output = output;
    this.source = source;
    this.colours = (process.env['NO_COLOR'] ?? '') === '' && output.getColorDepth() > 1;
    output.write(ENTER);
    output.on('resize', this.draw);
    process.on('exit', this.onExit);
    this.timer = setInterval(this.draw, 1000 / FRAMES_PER_SECOND);
  }

  /** Shown below the summary: there they are still to be read. */
  note(text: string): void {
    if (this.notes.length < NOTES_MAX) this.notes.push(text);
  }

  progress(): void {
    // The frame shows what is starting.
  }

  step(): void {
    this.draw();
  }

  outcome(): void {
    this.draw();
  }

  event(): void {
    // The next frame shows it.
  }

  finish(): void {
    clearInterval(this.timer);
    this.output.off('resize', this.draw);
    process.off('exit', this.onExit);
    this.leave();
    for (const note of this.notes) this.output.write(`${note}\n`);
  }

  summary(summary: Summary): void {
    for (const line of summaryLines(summary)) this.output.write(`${this.emphasized(line)}\n`);
  }

  private drawFrame(): void {
    if (!this.shown) return;
    const { columns, rows } = this.output;
    const lines = frame(this.source(), { columns, rows }, this.marks).map((line) => render(cut(line, columns), this.colours) + CLEAR_LINE);
    this.output.write(BEGIN_FRAME + lines.join('\r\n') + CLEAR_BELOW + END_FRAME);
  }

  private leave(): void {
    if (this.shown) this.output.write(LEAVE);
    this.shown = false;
  }

  /** Headings are the lines that are not indented. */
  private emphasized(line: string): string {
    return line.startsWith(' ') ? line : render([span(line, 'bold')], this.colours);
  }
}
