import { decodeRecord } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import type { LogReader, LogSubscription } from './port.ts';

/** One reader of an in-memory log: hands it what it has not seen yet, in a microtask. */
export class InMemoryReader implements LogSubscription {
  private readonly messages: readonly LogRecord[];
  private readonly reader: LogReader;
  private readonly onClosed: () => void;
  private readonly catchUpTo: number;
  private position: number;
  private caughtUp = false;
  private scheduled = false;
  private closed = false;

  constructor(messages: readonly LogRecord[], position: number, reader: LogReader, onClosed: () => void) {
    this.messages = messages;
    this.position = position;
    this.reader = reader;
    this.onClosed = onClosed;
    this.catchUpTo = messages.length;
  }

  /** There may be something to deliver. */
  wake(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    // oxlint-disable-next-line no-restricted-globals -- a microtask: over before virtual time goes on
    queueMicrotask(() => {
      this.scheduled = false;
      try {
        this.deliver();
      } catch (error) {
        void this.close();
        this.reader.onEnd(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.onClosed();
  }

  private deliver(): void {
    while (!this.closed) {
      if (!this.caughtUp && this.position >= this.catchUpTo) {
        this.caughtUp = true;
        this.reader.onCaughtUp();
        continue; // It may have closed the subscription.
      }
      const message = this.messages[this.position];
      if (message === undefined) return;
      const event = decodeRecord(message);
      this.position = message.sequence;
      this.reader.onEvent(event);
    }
  }
}
