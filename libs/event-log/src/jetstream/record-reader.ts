import type { LogRecord } from '@irqmesh/protocol';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { LogConfigurationError, LogLostDataError, LogUnavailableError } from '../port.ts';
import type { LogIdentity } from '../port.ts';
import { Fifo } from './fifo.ts';
import { PushConsumer } from './push-consumer.ts';
import type { StoredEvents } from './stored-events.ts';

/** What a reader needs of its log. */
export interface RecordReaderContext {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly stored: StoredEvents;
}

/** With so many records that nobody has taken, the server is let wait; with so few it goes on. */
const BUFFERED_MAX = 8192;
const BUFFERED_LOW = 2048;
/** How long reading waits for a log that gives nothing: it may be restarting. */
const PATIENCE_MS = 30_000;
const RETRY_DELAY_MS = 250;

/** Reads a range of the stream's messages as they are, and gives each as it is asked for. */
export class RecordReader {
  private readonly context: RecordReaderContext;
  private readonly buffered = new Fifo<LogRecord>();
  private consumer: PushConsumer | undefined;
  /** The sequence that the consumer delivers next. */
  private expected = 0;
  private until = 0;
  private broken = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(context: RecordReaderContext) {
    this.context = context;
  }

  /**
   * @param log as it was when the range was checked against it
   * @throws LogLostDataError, LogUnavailableError, LogConfigurationError
   */
  async *read(from: number, until: number, log: LogIdentity): AsyncGenerator<LogRecord, void, undefined> {
    this.expected = from;
    this.until = until;
    this.broken = true;
    try {
      for (let next = from; next <= until; ) {
        const record = this.buffered.shift();
        if (record !== undefined) {
          next++;
          if (this.buffered.length === BUFFERED_LOW) this.consumer?.resume();
          yield record;
        } else if (this.failure !== undefined) {
          throw this.failure;
        } else if (this.broken) {
          await this.beginAgain(next, log);
        } else {
          await new Promise<void>((resolve) => (this.wake = resolve));
        }
      }
    } finally {
      await this.consumer?.destroy();
    }
  }

  /** Ends reading with this error, once what has come is taken. */
  end(error: Error): void {
    this.failure ??= error;
    this.consumer?.stop();
    this.wake?.();
  }

  /** The log may come back while this tries; another one that has taken its place is noticed. */
  private async beginAgain(next: number, log: LogIdentity): Promise<void> {
    for (const deadlineMs = performance.now() + PATIENCE_MS; this.failure === undefined; ) {
      try {
        return await this.begin(next, log);
      } catch (error) {
        if (!(error instanceof LogUnavailableError) || performance.now() > deadlineMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
      }
    }
  }

  private async begin(next: number, log: LogIdentity): Promise<void> {
    const { connection, manager, stored } = this.context;
    await this.consumer?.destroy();
    const { createdMs, lastSequence } = await stored.identity();
    if (createdMs !== log.createdMs || lastSequence < this.until) throw new LogLostDataError('the log has lost data: it is not the one that reading began with');
    this.broken = false;
    this.expected = next;
    this.consumer = new PushConsumer(connection, manager, {
      onMessage: (message, sequence) => this.take(message, sequence),
      onBroken: () => {
        this.broken = true;
        this.wake?.();
      },
      onRefused: (cause) => this.end(new LogConfigurationError(`reading the log is not permitted: ${cause.message}`, { cause })),
    });
    await this.consumer.start(next);
  }

  private take(message: Msg, sequence: number): void {
    if (sequence > this.until || this.failure !== undefined) return;
    if (sequence !== this.expected) return this.end(new LogLostDataError(`the log has lost data: event ${this.expected} is missing, ${sequence} comes after ${this.expected - 1}`));
    this.expected = sequence + 1;
    const record = recordOf(message, sequence);
    if (record instanceof Error) return this.end(record);
    this.buffered.push(record);
    if (this.buffered.length === BUFFERED_MAX) this.consumer?.pause();
    this.wake?.();
  }
}

function recordOf({ subject, headers: all, data: payload }: Msg, sequence: number): LogRecord | Error {
  // Without a prototype: a header may have any name.
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, values] of all ?? []) {
    if (values.length > 1) return new LogConfigurationError(`event ${sequence} of the log has the header ${name} ${values.length} times: irqmesh did not write it`);
    headers[name] = values[0]!;
  }
  return { sequence, subject, headers, payload };
}
