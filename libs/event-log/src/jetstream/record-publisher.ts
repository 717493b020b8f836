import type { LogRecord } from '@irqmesh/protocol';
import type { NatsConnection } from '@nats-io/nats-core';
import { LogUnavailableError } from '../port.ts';
import type { AppendResult } from '../port.ts';
import { watchConnection } from './connection-watch.ts';
import { Fifo } from './fifo.ts';
import { Publisher } from './publisher.ts';

/** How many records may be without acknowledgement; more wait. */
const IN_FLIGHT_MAX = 4096;
const ACK_TIMEOUT_MS = 10_000;

/** Puts records into a stream in order, many at a time, and holds it to the sequence of each. */
export class RecordPublisher {
  /** The last sequence up to which all are stored. */
  lastStored: number;
  private readonly publisher: Publisher;
  private readonly watch: { stop(): void };
  private readonly onStored: (sequence: number) => void;
  private readonly inFlight = new Fifo<Promise<void>>();

  /** @param lastStored what the stream ends with now */
  constructor(connection: NatsConnection, onStored: (sequence: number) => void, lastStored: number, inboxPrefix: string | undefined) {
    this.onStored = onStored;
    this.lastStored = lastStored;
    this.publisher = new Publisher(connection, { maxInFlight: IN_FLIGHT_MAX, ackTimeoutMs: ACK_TIMEOUT_MS, inboxPrefix });
    // What was under way is lost or not; those after it must not be sent in its place.
    const lost = (): void => this.publisher.failAll(new LogUnavailableError('the connection to the NATS server is lost'));
    this.watch = watchConnection(connection, {
      onLost: lost,
      onBack: () => {},
      onPublicationRefused: (subject, error) => this.publisher.refused(subject, error),
      onClosed: lost,
    });
  }

  /**
   * Resolves when there is room for the next one.
   * @throws for this or an earlier record: LogUnavailableError, LogRefusedError, or an Error when it was stored elsewhere
   */
  async publish(record: LogRecord): Promise<void> {
    const { subject, headers, payload } = record;
    const stored = this.publisher.publish({ subject, headers, payload }, undefined).then((result) => this.stored(record, result));
    // Told by the wait for it; until then it is not without a handler.
    stored.catch(() => undefined);
    this.inFlight.push(stored);
    if (this.inFlight.length >= IN_FLIGHT_MAX) await this.inFlight.shift();
  }

  /** Waits until all are stored. @throws as `publish` */
  async finish(): Promise<void> {
    for (let oldest = this.inFlight.shift(); oldest !== undefined; oldest = this.inFlight.shift()) await oldest;
  }

  async close(): Promise<void> {
    this.publisher.failAll(new LogUnavailableError('the restore has ended'));
    await this.publisher.close();
    this.watch.stop();
  }

  private stored({ sequence }: LogRecord, result: AppendResult): void {
    if (result.kind === 'conflict') throw new Error(`event ${sequence} does not follow the event of its subject that it names (Nats-Expected-Last-Subject-Sequence)`);
    if (result.duplicate) throw new Error(`event ${sequence} has the id of event ${result.sequence}`);
    if (result.sequence !== sequence) throw new Error(`event ${sequence} was stored as ${result.sequence}: something else writes to the stream`);
    this.lastStored = sequence;
    this.onStored(sequence);
  }
}
