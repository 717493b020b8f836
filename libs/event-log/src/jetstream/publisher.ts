import { EventHeader } from '@irqmesh/protocol';
import type { EncodedEvent } from '@irqmesh/protocol';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import { createInbox, MsgHdrsImpl } from '@nats-io/nats-core';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { LogRefusedError, LogUnavailableError } from '../port.ts';
import type { AppendResult } from '../port.ts';
import { isTemporary, reasonOf } from './errors.ts';
import { Fifo } from './fifo.ts';

export interface PublisherOptions {
  /** How many events may be without acknowledgement; more wait. */
  readonly maxInFlight: number;
  /** How long after the call an append without acknowledgement fails. */
  readonly ackTimeoutMs: number;
  /** The first part of reply subjects, where the connection may not subscribe to the usual one. */
  readonly inboxPrefix: string | undefined;
}

/** More appends than this waiting for their turn are refused: their callers have lost sight of the answers. */
const MAX_WAITING = 65_536;

/** Those due this soon after the oldest expire with it, rather than be sent just before. */
const EXPIRY_GRAIN_MS = 10;

interface Publication {
  readonly subject: string;
  readonly headers: Record<string, string[]>;
  readonly payload: Uint8Array;
  readonly deadlineMs: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

/** JetStream's answer to a publication. */
interface Acknowledgement {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
}

/**
 * Publishes to the stream and matches the acknowledgements by a number in the reply subject: one subscription for all,
 * where the client's own `publish` makes a request of each (about five times slower).
 */
export class Publisher {
  private readonly connection: NatsConnection;
  private readonly options: PublisherOptions;
  private readonly inbox: string;
  private readonly subscription: Subscription;
  /** By their numbers, so the oldest comes first. */
  private readonly inFlight = new Map<number, Publication>();
  private readonly waiting = new Fifo<Publication>();
  private lastNumber = 0;
  private timer: NodeJS.Timeout | undefined;
  private connected = true;
  private closed = false;
  private onIdle: (() => void) | undefined;

  constructor(connection: NatsConnection, options: PublisherOptions) {
    this.connection = connection;
    this.options = options;
    this.inbox = createInbox(options.inboxPrefix);
    this.subscription = connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => (error === null ? this.acknowledged(message) : this.failAll(error)),
    });
  }

  /**
   * Sends after all earlier calls' events; at most `maxInFlight` at a time.
   * @throws LogUnavailableError, LogRefusedError as `EventLog.append`
   */
  publish({ subject, headers, payload }: EncodedEvent, expectedLastSequence: number | undefined): Promise<AppendResult> {
    if (this.closed) return Promise.reject(new LogUnavailableError('the log has been closed'));
    if (this.waiting.length >= MAX_WAITING) return Promise.reject(new LogUnavailableError(`${MAX_WAITING} appends are waiting already`));
    return new Promise((resolve, reject) => {
      const deadlineMs = performance.now() + this.options.ackTimeoutMs;
      this.waiting.push({ subject, headers: natsHeaders(headers, expectedLastSequence), payload, deadlineMs, resolve, reject });
      this.sendWaiting();
      this.armTimer();
    });
  }

  /** While the connection is lost nothing is sent: the client would drop it at the next attempt to connect. */
  setConnected(connected: boolean): void {
    this.connected = connected;
    if (connected) this.sendWaiting();
  }

  /** The server refused a publication for lack of permission; it answers on the connection, not to the reply subject. */
  refused(subject: string, error: Error): void {
    for (const [number, publication] of this.inFlight) {
      if (publication.subject === subject) this.settle(number)?.reject(new LogRefusedError(`the log refuses this event: ${reasonOf(error)}`, { cause: error }));
    }
    this.afterSettled();
  }

  /** Takes no more appends, and resolves when all under way are settled: at the latest after `ackTimeoutMs`. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.inFlight.size + this.waiting.length > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
    this.subscription.unsubscribe();
  }

  /** Nothing will be acknowledged any more. */
  failAll(cause: unknown): void {
    const error = new LogUnavailableError(`no acknowledgement from the log: ${reasonOf(cause)}`, { cause });
    for (const number of this.inFlight.keys()) this.settle(number)?.reject(error);
    for (let publication = this.waiting.shift(); publication !== undefined; publication = this.waiting.shift()) publication.reject(error);
    this.afterSettled();
  }

  private sendWaiting(): void {
    while (this.connected && this.inFlight.size < this.options.maxInFlight) {
      const publication = this.waiting.shift();
      if (publication === undefined) return;
      const number = ++this.lastNumber;
      this.inFlight.set(number, publication);
      this.send(number, publication);
    }
  }

  private send(number: number, { subject, headers, payload }: Publication): void {
    try {
      this.connection.publish(subject, payload, { reply: `${this.inbox}.${number}`, headers: MsgHdrsImpl.fromRecord(headers) });
    } catch (cause) {
      const isClosed = this.connection.isClosed() || this.connection.isDraining();
      const error = isClosed ? new LogUnavailableError('the connection to the log is closed', { cause }) : new LogRefusedError(`the event cannot be sent: ${reasonOf(cause)}`, { cause });
      this.settle(number)?.reject(error);
    }
  }

  private acknowledged(message: Msg): void {
    const publication = this.settle(Number(message.subject.slice(this.inbox.length + 1)));
    // One that comes after its timeout has been reported as unknown already.
    if (publication === undefined) return;
    try {
      publication.resolve(appendResult(message));
    } catch (error) {
      publication.reject(error as Error);
    }
    this.afterSettled();
  }

  private settle(number: number): Publication | undefined {
    const publication = this.inFlight.get(number);
    this.inFlight.delete(number);
    return publication;
  }

  private afterSettled(): void {
    this.sendWaiting();
    if (this.inFlight.size + this.waiting.length > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.onIdle?.();
  }

  /** One timer, for the oldest: all have the same time, so deadlines come in the order of the calls. */
  private armTimer(): void {
    if (this.timer !== undefined) return;
    const [oldestInFlight] = this.inFlight.values();
    const oldest = oldestInFlight ?? this.waiting.first;
    if (oldest === undefined) return;
    this.timer = setTimeout(() => this.expire(), Math.max(0, oldest.deadlineMs - performance.now()));
  }

  private expire(): void {
    this.timer = undefined;
    const dueMs = performance.now() + EXPIRY_GRAIN_MS;
    for (const [number, publication] of this.inFlight) {
      if (publication.deadlineMs > dueMs) break;
      this.settle(number);
      publication.reject(new LogUnavailableError(`no acknowledgement from the log within ${this.options.ackTimeoutMs} ms; the event may be stored`));
    }
    while ((this.waiting.first?.deadlineMs ?? Infinity) <= dueMs) {
      this.waiting.shift()!.reject(new LogUnavailableError(`the event could not be sent to the log within ${this.options.ackTimeoutMs} ms`));
    }
    this.afterSettled();
    this.armTimer();
  }
}

function natsHeaders(headers: Readonly<Record<string, string>>, expectedLastSequence: number | undefined): Record<string, string[]> {
  // Without a prototype: a header that is restored may have any name.
  const lists = Object.create(null) as Record<string, string[]>;
  for (const name in headers) lists[name] = [headers[name]!];
  if (expectedLastSequence !== undefined) lists[EventHeader.expectedLastSequence] = [String(expectedLastSequence)];
  return lists;
}

/** @throws LogUnavailableError, LogRefusedError */
function appendResult(message: Msg): AppendResult {
  if (message.data.length === 0) throw new LogUnavailableError('no stream takes the events now: JetStream has no leader for it, or it is gone');
  const { seq, duplicate, error } = message.json<Acknowledgement>();
  if (error === undefined && seq !== undefined) return { kind: 'appended', sequence: seq, duplicate: duplicate === true };
  const { code: status, err_code: code, description } = error ?? { code: 0, err_code: 0, description: 'an answer without a sequence' };
  if (code === JetStreamApiCodes.StreamWrongLastSequence) return { kind: 'conflict' };
  const sentence = `${description} (JetStream error ${code})`;
  throw isTemporary({ status, code }) ? new LogUnavailableError(`the log cannot take the event now: ${sentence}`) : new LogRefusedError(`the log refuses this event: ${sentence}`);
}
