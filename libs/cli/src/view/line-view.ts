import type { EventLine } from '../demo/event-text.ts';
import { summaryLines } from '../demo/summary.ts';
import type { Summary } from '../demo/summary.ts';
import { wrap } from './spans.ts';
import type { DemoView } from './view.ts';

const WIDTH = 80;
const INDENT = '   ';

/** One line an event, plain text: for files, pipes and small terminals. */
export class LineView implements DemoView {
  private readonly startMs = performance.now();
  private readonly output: NodeJS.WritableStream;

  constructor(output: NodeJS.WritableStream = process.stdout) {
    this.output = output;
  }

  note(text: string): void {
    this.write(text);
  }

  progress(text: string): void {
    this.write(text);
  }

  step(number: number, total: number, sentence: string): void {
    const lines = wrap(`== ${number}/${total} ${sentence}`, WIDTH - INDENT.length);
    for (const [at, line] of lines.entries()) this.write(at === 0 ? line : INDENT + line);
  }

  outcome(sentence: string): void {
    this.write(INDENT + sentence);
  }

  event({ sequence, place, text }: EventLine): void {
    const elapsed = ((performance.now() - this.startMs) / 1000).toFixed(1);
    this.write(`+${elapsed}s  #${sequence}  ${place}  ${text}`);
  }

  finish(): void {
    this.write('');
  }

  summary(summary: Summary): void {
    for (const line of summaryLines(summary)) this.write(line);
  }

  private write(line: string): void {
    this.output.write(`${line}\n`);
  }
}
