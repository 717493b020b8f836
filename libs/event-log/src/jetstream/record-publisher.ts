import type { LogRecord } from '@irqmesh/protocol';
import type { NatsConnection } from '@nats-io/nats-core';
import { LogUnavailableError } from '../port.ts';
import type { AppendResult } from '../port.ts';
import { watchConnection } from './connection-watch.ts';
import { Fifo } from './fifo.ts';
import { Publisher } from './publisher.ts';

/** How many records may be without acknowledgement; more wait. */
const IN_FLIGHT_MAX = 2048;
/** So many are sent at once: the client writes to its socket after each turn of the event loop that sends something. */
const BURST = 256;
/** A server that syncs each message to its disk takes some hundred a second. */
const ACK_TIMEOUT_MS = 30_000;

/** Puts records into a stream in order, many at a time, and holds it to the sequence of each. */
export class RecordPublisher {
  /** The last sequence up to which all are stored. */
  lastStored: number;
  private readonly publisher: Publisher;
  private readonly watch: { stop(): void };
  private readonly onStored: (sequence: number) => void;
  private readonly inFlight = new Fifo<Promise<void>>();
  private burst: LogRecord[] = [];

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
    this.burst.push(record);
    if (this.burst.length === BURST) await this.send();
  }

  /** Waits until all are stored. @throws as `publish` */
  async finish(): Promise<void> {
    await this.send();
    await this.waitUntilUnderWay(0);
  }

  async close(): Promise<void> {
    this.publisher.failAll(new LogUnavailableError('the restore has ended'));
    await this.publisher.close();
    this.watch.stop();
  }

  private async send(): Promise<void> {
    await this.waitUntilUnderWay(IN_FLIGHT_MAX - this.burst.length);
    for (const record of this.burst) {
      const { subject, headers, payload } = record;
      const stored = this.publisher.publish({ subject, headers, payload }, undefined).then((result) => this.stored(record, result));
      // Told by the wait for it; until then it is not without a handler.
      stored.catch(() => undefined);
      this.inFlight.push(stored);
    }
    this.burst = [];
  }

  private async waitUntilUnderWay(count: number): Promise<void> {
    while (this.inFlight.length > count) await this.inFlight.shift();
  }

  private stored({ sequence }: LogRecord, result: AppendResult): void {
    if (result.kind === 'conflict') throw new Error(`event ${sequence} does not follow the event of its subject that it names (Nats-Expected-Last-Subject-Sequence)`);
    if (result.duplicate) throw new Error(`event ${sequence} has the id of event ${result.sequence}`);
    if (result.sequence !== sequence) throw new Error(`event ${sequence} was stored as ${result.sequence}: something else writes to the stream`);
    this.lastStored = sequence;
    this.onStored(sequence);
  }
}
