import { decodeEvent, STREAM_NAME } from '@irqmesh/protocol';
import type { StoredEvent } from '@irqmesh/test-history';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { LogObserver } from './log-observer.ts';
import type { WallClock } from './moments.ts';

/**
 * Reads the whole log, with when each event was stored: not before its leader took it, which it stamped with the system
 * time, nor after an observer had it.
 */
export async function readWholeLog(connection: NatsConnection, lastSequence: number, wallClock: WallClock, observer: LogObserver): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  if (lastSequence === 0) return events;
  const consumer = await jetstream(connection).consumers.get(STREAM_NAME);
  const messages = await consumer.consume();
  for await (const message of messages) {
    const event = decodeEvent({ subject: message.subject, sequence: message.seq, headers: message.headers!, payload: message.data });
    events.push({ event, storedFrom: wallClock.earliestMoment(BigInt(message.info.timestampNanos)), storedAt: observer.seenAt(event.sequence) });
    if (event.sequence >= lastSequence) break;
  }
  await messages.close();
  return events;
}
