import { decodeEvent } from '@irqmesh/protocol';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/nats-core';
import { checkCheckpoint, nextSequence } from '../checkpoint.ts';
import { LogConfigurationError, LogLostDataError, LogUnavailableError } from '../port.ts';
import type { Checkpoint, LogReader, LogSubscription } from '../port.ts';
import { PushConsumer } from './push-consumer.ts';
import type { StoredEvents } from './stored-events.ts';

/** What a reader needs of its log. */
export interface ReaderContext {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly stored: StoredEvents;
  /** Reading has ended, by `close` or by itself. */
  readonly onEnded: (reader: StreamReader) => void;
}

/** Between attempts to go on after an interruption. They go on as long as the reader is open. */
const RETRY_DELAY_MIN_MS = 100;
const RETRY_DELAY_MAX_MS = 5000;

/**
 * Reads the stream in order, from a checkpoint to its end and on. Each time it begins, and begins again after the
 * connection was lost or the consumer broke, it first checks that the log still holds what was read.
 */
export class StreamReader implements LogSubscription {
  private readonly context: ReaderContext;
  private readonly reader: LogReader;
  /** The checkpoint that moves along; `createdMs` is set by the first check. */
  private createdMs: number;
  private sequence: number;
  private eventId: string;
  private next = 0;
  /** The last sequence as it was known when reading began; undefined when that has been delivered. */
  private catchUpTo: number | undefined;
  private consumer: PushConsumer | undefined;
  /** Counts beginnings; one that was overtaken by a later one gives up. */
  private beginning = 0;
  private lost = false;
  private ended = false;
  private underWay: Promise<void> = Promise.resolve();
  private wake: (() => void) | undefined;

  constructor(context: ReaderContext, after: Checkpoint, reader: LogReader) {
    this.context = context;
    this.reader = reader;
    ({ createdMs: this.createdMs, sequence: this.sequence, eventId: this.eventId } = after);
  }

  /** @throws LogLostDataError, LogUnavailableError */
  async open(): Promise<void> {
    const first = this.begin(++this.beginning);
    // The error is the caller's; `close` only waits for the end.
    this.track(first.catch(() => undefined));
    try {
      await first;
    } catch (error) {
      this.finish();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.finish();
    await this.underWay;
  }

  /** Nothing more is delivered until the connection is back. */
  onLost(): void {
    this.lost = true;
    this.interrupt();
  }

  onBack(): void {
    this.lost = false;
    this.goOn(0);
  }

  /** @param error why the log cannot be read any more */
  end(error: Error): void {
    if (this.ended) return;
    this.finish();
    this.reader.onEnd(error);
  }

  private finish(): void {
    this.ended = true;
    this.interrupt();
    this.context.onEnded(this);
  }

  private interrupt(): void {
    this.beginning++;
    this.wake?.();
    this.consumer?.stop();
    // Without a connection the server cannot be asked to remove it. It is asked when the connection is back, or does
    // so by itself when the consumer has been inactive.
    if (this.lost || this.consumer === undefined) return;
    this.track(this.consumer.destroy());
    this.consumer = undefined;
  }

  /** `close` waits for all that has been tracked. */
  private track(work: Promise<void>): void {
    this.underWay = Promise.all([this.underWay, work]).then(() => undefined);
  }

  private goOn(delayMs: number): void {
    this.interrupt();
    if (!this.ended) this.track(this.beginAgain(++this.beginning, delayMs));
  }

  private async beginAgain(beginning: number, firstDelayMs: number): Promise<void> {
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(Math.max(delayMs * 2, RETRY_DELAY_MIN_MS), RETRY_DELAY_MAX_MS)) {
      if (delayMs > 0) await this.pause(delayMs);
      if (beginning !== this.beginning) return;
      try {
        return await this.begin(beginning);
      } catch (error) {
        if (beginning !== this.beginning) return;
        if (!(error instanceof LogUnavailableError)) return this.end(error as Error);
      }
    }
  }

  /** Resolves after the delay, or at once when reading is interrupted. */
  private async pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }

  private async begin(beginning: number): Promise<void> {
    const { connection, manager, stored } = this.context;
    const log = await stored.identity();
    const after: Checkpoint = { createdMs: this.createdMs, sequence: this.sequence, eventId: this.eventId };
    await checkCheckpoint(after, log, (sequence) => stored.idAt(sequence));
    if (beginning !== this.beginning) return;
    this.createdMs = log.createdMs;
    this.next = nextSequence(after, log);
    this.catchUpTo = log.lastSequence;
    const consumer = new PushConsumer(connection, manager, {
      onMessage: (message, sequence) => this.deliver(message, sequence),
      // Not at once: a consumer that breaks each time must not become a busy loop.
      onBroken: () => this.goOn(RETRY_DELAY_MIN_MS),
      onRefused: (cause) => this.end(new LogConfigurationError(`reading the log is not permitted: ${cause.message}`, { cause })),
    });
    this.consumer = consumer;
    try {
      await consumer.start(this.next);
    } catch (error) {
      // Without an answer, the server may have made it.
      await consumer.destroy();
      throw error;
    }
    // Deleting it while it was being made may have come too early.
    if (beginning !== this.beginning) return consumer.destroy();
    this.tellCaughtUp();
  }

  private deliver(message: Msg, sequence: number): void {
    try {
      if (sequence !== this.next) {
        throw new LogLostDataError(`the log has lost data: event ${this.next} is missing, ${sequence} comes after ${this.next - 1}`);
      }
      const event = decodeEvent({ subject: message.subject, sequence, headers: message.headers ?? NO_HEADERS, payload: message.data });
      this.next = sequence + 1;
      this.sequence = sequence;
      this.eventId = event.id;
      this.reader.onEvent(event);
      this.tellCaughtUp();
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private tellCaughtUp(): void {
    if (this.catchUpTo === undefined || this.next <= this.catchUpTo || this.ended) return;
    this.catchUpTo = undefined;
    this.reader.onCaughtUp();
  }
}

const NO_HEADERS: Pick<MsgHdrs, 'get'> = { get: () => '' };
