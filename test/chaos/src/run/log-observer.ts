import { Fold } from '@irqmesh/domain';
import { openJetStreamLog, START } from '@irqmesh/event-log';
import type { EventLog, LogSubscription, RecordSource } from '@irqmesh/event-log';
import { recordFacts } from '@irqmesh/protocol';
import { LogVerifier } from '@irqmesh/replay';
import type { Moment } from '@irqmesh/test-history';
import type { NatsConnection } from '@nats-io/transport-node';
import { momentNow } from './moments.ts';

/** Reads the log as it grows, as the services do, over a connection that nobody cuts. */
export class LogObserver {
  readonly fold = new Fold();
  /** Why the log could not be read any more: it lost data, say. */
  failure: Error | undefined;
  private readonly seen = new Map<number, Moment>();
  private readonly log: EventLog & RecordSource;
  private subscription: LogSubscription | undefined;

  private constructor(log: EventLog & RecordSource) {
    this.log = log;
  }

  static async start(connection: NatsConnection): Promise<LogObserver> {
    const observer = new LogObserver(await openJetStreamLog({ connection, create: false }));
    observer.subscription = await observer.log.subscribe(START, {
      onEvent: (event) => {
        observer.seen.set(event.sequence, momentNow());
        observer.fold.apply(event);
      },
      onCaughtUp: () => {},
      onEnd: (error) => void (observer.failure = error),
    });
    return observer;
  }

  /** When an event was first seen; undefined for one that was not. */
  seenAt(sequence: number): Moment | undefined {
    return this.seen.get(sequence);
  }

  /** The sequence of the log's last event, as its leader has it. */
  async lastSequence(): Promise<number> {
    return (await this.log.identity()).lastSequence;
  }

  /** What `irqmesh verify` would find in the whole log; a sentence each. */
  async verify(): Promise<string[]> {
    const { firstSequence, lastSequence } = await this.log.identity();
    const verifier = new LogVerifier();
    const sentences: string[] = [];
    for await (const record of this.log.records(firstSequence, lastSequence)) {
      const finding = verifier.add(recordFacts(record, this.log.partitions));
      if (finding !== undefined) sentences.push(`event ${finding.sequence} (${finding.type ?? 'unreadable'} ${finding.token ?? ''}) breaks ${finding.invariant}: ${finding.sentence}`);
    }
    return sentences;
  }

  async close(): Promise<void> {
    await this.subscription?.close();
    await this.log.close();
  }
}
