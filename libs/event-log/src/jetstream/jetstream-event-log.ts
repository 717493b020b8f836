import type { EventKind, LogEvent } from '@irqmesh/domain';
import { encodeEvent } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { checkExpectation, checkReadLimit } from '../arguments.ts';
import { LogUnavailableError } from '../port.ts';
import type { AppendRequest, AppendResult, Checkpoint, EventLog, LogIdentity, LogReader, LogSubscription } from '../port.ts';
import { checkRange } from '../records/record-source.ts';
import type { RecordSource } from '../records/record-source.ts';
import { watchConnection } from './connection-watch.ts';
import { Publisher } from './publisher.ts';
import { RecordReader } from './record-reader.ts';
import { StoredEvents } from './stored-events.ts';
import { openStream } from './stream.ts';
import type { OpenStreamOptions } from './stream.ts';
import { StreamReader } from './stream-reader.ts';

export interface JetStreamLogOptions extends OpenStreamOptions {
  /** Stays the caller's: closing the log leaves it open. */
  readonly connection: NatsConnection;
  /** How many appends may be without acknowledgement, 1 and up; more wait. Default 4,096. */
  readonly maxInFlight?: number | undefined;
  /** How long after the call an append without acknowledgement fails, in milliseconds. Default 5,000. */
  readonly ackTimeoutMs?: number | undefined;
}

const MAX_IN_FLIGHT = 4096;
const ACK_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 5000;

/**
 * Opens the log on a NATS server with JetStream.
 * @throws LogConfigurationError when the server or its stream is not as the log needs it
 * @throws LogUnavailableError when JetStream does not answer in time
 */
export async function openJetStreamLog(options: JetStreamLogOptions): Promise<EventLog & RecordSource> {
  const manager = await jetstreamManager(options.connection, { checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
  const partitions = await openStream(options.connection, manager, options);
  return new JetStreamEventLog(manager, partitions, options);
}

class JetStreamEventLog implements EventLog, RecordSource {
  readonly partitions: number;
  private readonly connection: NatsConnection;
  private readonly manager: JetStreamManager;
  private readonly stored: StoredEvents;
  private readonly publisher: Publisher;
  private readonly readers = new Set<StreamReader>();
  private readonly recordReaders = new Set<RecordReader>();
  private readonly watch: { stop(): void };
  private closed = false;

  constructor(manager: JetStreamManager, partitions: number, { connection, maxInFlight = MAX_IN_FLIGHT, ackTimeoutMs = ACK_TIMEOUT_MS }: JetStreamLogOptions) {
    this.partitions = partitions;
    this.connection = connection;
    this.manager = manager;
    this.stored = new StoredEvents(connection, manager, partitions);
    this.publisher = new Publisher(connection, { maxInFlight, ackTimeoutMs, inboxPrefix: manager.getOptions().watcherPrefix });
    this.watch = watchConnection(connection, {
      onLost: () => {
        this.publisher.setConnected(false);
        for (const reader of this.readers) reader.onLost();
      },
      onBack: () => {
        this.publisher.setConnected(true);
        for (const reader of this.readers) reader.onBack();
      },
      onPublicationRefused: (subject, error) => this.publisher.refused(subject, error),
      onClosed: () => {
        const error = new LogUnavailableError('the connection to the log is closed');
        this.publisher.failAll(error);
        for (const reader of [...this.readers, ...this.recordReaders]) reader.end(error);
      },
    });
  }

  async identity(): Promise<LogIdentity> {
    this.checkOpen();
    return this.stored.identity();
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    checkExpectation(request);
    return this.publisher.publish(encodeEvent(request.event, this.partitions), request.expectedLastSequence);
  }

  async read(sequence: number): Promise<LogEvent | undefined> {
    this.checkOpen();
    return this.stored.read(sequence);
  }

  async leaderLastSequence(token: string, kind?: EventKind): Promise<number> {
    this.checkOpen();
    return this.stored.leaderLastSequence(token, kind);
  }

  async readToken(token: string, { fromSequence, limit }: { readonly fromSequence: number; readonly limit: number }): Promise<LogEvent[]> {
    this.checkOpen();
    checkReadLimit(limit);
    return this.stored.readToken(token, fromSequence, limit);
  }

  async *records(fromSequence: number, untilSequence: number): AsyncGenerator<LogRecord, void, undefined> {
    this.checkOpen();
    const log = await this.stored.identity();
    checkRange(fromSequence, untilSequence, log);
    const reader = new RecordReader({ connection: this.connection, manager: this.manager, stored: this.stored });
    this.recordReaders.add(reader);
    try {
      yield* reader.read(fromSequence, untilSequence, log);
    } finally {
      this.recordReaders.delete(reader);
    }
  }

  async subscribe(after: Checkpoint, logReader: LogReader): Promise<LogSubscription> {
    this.checkOpen();
    const { connection, manager, stored } = this;
    const reader = new StreamReader({ connection, manager, stored, onEnded: (ended) => this.readers.delete(ended) }, after, logReader);
    this.readers.add(reader);
    await reader.open();
    return reader;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const reader of this.recordReaders) reader.end(new LogUnavailableError('the log has been closed'));
    await Promise.all([this.publisher.close(), ...[...this.readers].map((reader) => reader.close())]);
    this.watch.stop();
  }

  private checkOpen(): void {
    if (this.closed) throw new LogUnavailableError('the log has been closed');
  }
}
