import type { LogEvent } from '@irqmesh/domain';
import type { LogReader } from '@irqmesh/event-log';
import { CommandError } from '../command-error.ts';
import type { Histories } from './histories.ts';
import { involvesHost, isVoidEvent, mayBeWanted, needsState } from './selection.ts';
import type { Selection } from './selection.ts';

/** How many events may wait for their turn, while the token of an earlier one is looked up. */
const MAX_WAITING = 100_000;

/** Picks the wanted events out of a log as it is read, tells which are void, and shows them in order. */
export class EventTail implements LogReader {
  private readonly selection: Selection;
  private readonly histories: Histories;
  private readonly show: (event: LogEvent, isVoid: boolean) => void;
  private readonly end: (error: Error) => void;
  private readonly waiting: LogEvent[] = [];
  private isWorking = false;

  constructor(selection: Selection, histories: Histories, show: (event: LogEvent, isVoid: boolean) => void, end: (error: Error) => void) {
    this.selection = selection;
    this.histories = histories;
    this.show = show;
    this.end = end;
  }

  onEvent(event: LogEvent): void {
    // The reading ends with this error: better than to leave out events silently, or to fill the memory.
    if (this.waiting.length >= MAX_WAITING) throw new CommandError('the log is written faster than it can be shown here; narrow with --token');
    this.waiting.push(event);
    if (!this.isWorking) void this.work();
  }

  onCaughtUp(): void {}

  onEnd(error: Error): void {
    this.end(error);
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    try {
      while (this.waiting.length > 0) {
        for (const event of this.waiting.splice(0)) await this.take(event);
      }
    } catch (error) {
      this.end(error as Error);
    }
    this.isWorking = false;
  }

  private async take(event: LogEvent): Promise<void> {
    const { selection, histories } = this;
    const { host } = selection;
    if (mayBeWanted(event, selection)) {
      const state = needsState(event, selection) ? await histories.before(event) : undefined;
      if (host === undefined || involvesHost(event, host, state)) this.show(event, isVoidEvent(event, state));
    }
    histories.pass(event);
  }
}
