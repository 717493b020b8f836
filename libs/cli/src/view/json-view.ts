import type { EventLine } from '../demo/event-text.ts';
import type { Summary } from '../demo/summary.ts';
import type { DemoView } from './view.ts';

/** JSON lines: `note`, `step`, `outcome`, `event`, and at last `summary`. */
export class JsonView implements DemoView {
  note(text: string): void {
    write({ type: 'note', text });
  }

  progress(text: string): void {
    write({ type: 'note', text });
  }

  step(number: number, total: number, sentence: string): void {
    write({ type: 'step', number, total, sentence });
  }

  outcome(sentence: string): void {
    write({ type: 'outcome', sentence });
  }

  event({ sequence, timeMs, place, text }: EventLine): void {
    write({ type: 'event', sequence, time: new Date(timeMs).toISOString(), place, text });
  }

  finish(): void {
    // The summary, if there is one, is the last line.
  }

  summary(summary: Summary): void {
    write({ type: 'summary', ...summary });
  }
}

function write(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
