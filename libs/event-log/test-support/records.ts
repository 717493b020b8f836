import { eventKind } from '@irqmesh/domain';
import type { NewEvent } from '@irqmesh/domain';
import { encodeEvent, EventHeader } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import type { EventLog } from '../src/port.ts';
import type { RecordSource } from '../src/records/record-source.ts';
import { aNote, anEvent, aRegistration, anUnregistration } from './events.ts';

/** So many appends are under way at once: a slow machine acknowledges them in time. */
const BATCH_SIZE = 2000;

/** A record's parts as values that compare by what they hold. */
export function plain({ headers, payload, ...rest }: LogRecord): unknown {
  return { ...rest, headers: Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1))), payload: Buffer.from(payload).toString('hex') };
}

export async function recordsOf(source: RecordSource, from?: number, until?: number): Promise<LogRecord[]> {
  const { firstSequence, lastSequence } = await source.identity();
  const records: LogRecord[] = [];
  for await (const record of source.records(from ?? firstSequence, until ?? lastSequence)) records.push(record);
  return records;
}

/** Appends a registration, its end and a note for each of so many tokens, and returns what the log must hold then. */
export async function fill(log: EventLog, tokens: number): Promise<LogRecord[]> {
  const { lastSequence } = await log.identity();
  let appends: Promise<unknown>[] = [];
  const records: LogRecord[] = [];
  const add = (event: NewEvent, expectedLastSequence?: number): number => {
    const { subject, headers, payload } = encodeEvent(event, log.partitions);
    const sequence = lastSequence + records.length + 1;
    const stored = expectedLastSequence === undefined ? headers : { ...headers, [EventHeader.expectedLastSequence]: String(expectedLastSequence) };
    records.push({ sequence, subject, headers: stored, payload });
    appends.push(log.append({ event, expectedLastSequence }));
    return sequence;
  };
  for (let at = 0; at < tokens; at++) {
    const about = { token: `fill-${lastSequence}/${at}`, causationId: at % 2 === 0 ? 'request' : undefined };
    const body = aRegistration(at % 3 === 0 ? 'consumer' : 'producer');
    const registration = add(anEvent(body, about), 0);
    add(anEvent(aNote(), about));
    add(anEvent(anUnregistration(eventKind(body.type) === 'consumer' ? 'consumer' : 'producer', registration), about), registration);
    if (appends.length < BATCH_SIZE) continue;
    await Promise.all(appends);
    appends = [];
  }
  await Promise.all(appends);
  return records;
}
