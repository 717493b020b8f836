import type { EventLine } from '../demo/event-text.ts';
import type { Summary } from '../demo/summary.ts';
import type { FrameState } from './frame-state.ts';

/** Where the demo shows itself. */
export interface DemoView {
  /** Something to know that is no event: warnings, restarts, where things are. */
  note(text: string): void;
  /** Something to know while one waits, and not any more afterwards. */
  progress(text: string): void;
  step(number: number, total: number, sentence: string): void;
  /** What came of the step. */
  outcome(sentence: string): void;
  event(line: EventLine): void;
  /** Ends the show; called once, whatever happened. */
  finish(): void;
  summary(summary: Summary): void;
}

/** What a live view draws from. */
export type StateSource = () => FrameState;
