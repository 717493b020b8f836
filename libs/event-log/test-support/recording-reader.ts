import type { LogEvent } from '@irqmesh/domain';
import type { LogReader, LogSubscription } from '../src/port.ts';

const WAIT_MS = 20_000;

/** Remembers what it was told, and waits for what is still to come. */
export class RecordingReader implements LogReader {
  readonly events: LogEvent[] = [];
  subscription: LogSubscription | undefined;
  private readonly steps: (number | string)[] = [];
  private readonly onEach: (event: LogEvent) => void;
  private error: Error | undefined;
  private catchUps = 0;
  private onChange: (() => void) | undefined;

  constructor(onEach: (event: LogEvent) => void = () => undefined) {
    this.onEach = onEach;
  }

  onEvent(event: LogEvent): void {
    this.events.push(event);
    this.step(event.sequence);
    this.onEach(event);
  }

  onCaughtUp(): void {
    this.catchUps++;
    this.step('caught up');
  }

  onEnd(error: Error): void {
    this.error = error;
    this.step(`end: ${error.message}`);
  }

  /** What it was told, in order: sequences, `caught up`, `end: …`. */
  trace(): readonly (number | string)[] {
    return this.steps;
  }

  async caughtUp(times: number): Promise<void> {
    await this.until(`caught up ${times} times`, () => this.catchUps >= times);
  }

  async sequence(sequence: number): Promise<void> {
    await this.until(`event ${sequence}`, () => (this.events.at(-1)?.sequence ?? 0) >= sequence);
  }

  async end(): Promise<Error> {
    await this.until('the end', () => this.error !== undefined);
    return this.error!;
  }

  private step(step: number | string): void {
    this.steps.push(step);
    this.onChange?.();
  }

  private async until(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${why} while waiting for ${what}; so far: ${this.steps.slice(-20).join(', ')}`));
      const timer = setTimeout(() => fail('too long'), WAIT_MS);
      this.onChange = () => {
        if (holds()) resolve();
        else if (this.error !== undefined) fail('the end came');
        else return;
        clearTimeout(timer);
      };
    });
  }
}
