import { eventKind, Errno, IrqBypassError } from '@irqmesh/domain';
import type { EventBody, LogEvent, NewEvent } from '@irqmesh/domain';
import { eventChecksum } from './checksum.ts';
import { EventHeader } from './event-headers.ts';
import { readEventBody } from './event-reader.ts';
import { BODY_FIELDS, writeEventBody } from './event-writer.ts';
import { sentenceOf } from './failure.ts';
import { formatEventTime, parseEventTime } from './event-time.ts';
import { eventSubject, parseEventSubject } from './subjects.ts';
import { SCHEMA_VERSION, upcast } from './upcasters.ts';

/** The CloudEvents type of each event. */
const CE_TYPES = Object.fromEntries(Object.keys(BODY_FIELDS).map((type) => [type, `irqmesh.v1.${type}`])) as Readonly<Record<EventBody['type'], string>>;

const CONTENT_TYPE = 'application/protobuf';
const CURRENT_VERSION = String(SCHEMA_VERSION);

/** An event as it is published. */
export interface EncodedEvent {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/** A message of the stream, as any adapter can hand it over. */
export interface StoredMessage {
  readonly subject: string;
  /** The stream's sequence, from 1. */
  readonly sequence: number;
  /** `get` answers '' for a header that is not there, as the NATS client's headers do. */
  readonly headers: { get(name: string): string };
  readonly payload: Uint8Array;
}

/** A message in the log that this program cannot read: whoever folds must stop, since guessing would fork the state. */
export class EventDecodeError extends Error {
  override readonly name = 'EventDecodeError';
  readonly sequence: number;
  readonly reason: string;

  constructor(sequence: number, reason: string, options?: ErrorOptions) {
    super(`event ${sequence} of the log cannot be read: ${reason}`, options);
    this.sequence = sequence;
    this.reason = reason;
  }
}

/**
 * An event as its message, for a log of so many partitions.
 * @throws IrqBypassError -EINVAL for an event that no reader would accept.
 */
export function encodeEvent(event: NewEvent, partitions: number): EncodedEvent {
  const subject = eventSubject(event.token, eventKind(event.body.type), partitions);
  const id = headerValue('id', event.id);
  const headers: Record<string, string> = {
    [EventHeader.messageId]: id,
    [EventHeader.specVersion]: '1.0',
    [EventHeader.id]: id,
    [EventHeader.source]: headerValue('source', event.source),
    [EventHeader.type]: CE_TYPES[event.body.type],
    [EventHeader.time]: formatEventTime(event.timeMs),
    [EventHeader.subject]: subject.slice(subject.lastIndexOf('.') + 1),
    [EventHeader.schemaVersion]: CURRENT_VERSION,
    [EventHeader.contentType]: CONTENT_TYPE,
  };
  if (event.causationId !== undefined) headers[EventHeader.causationId] = headerValue('causation id', event.causationId);
  if (event.traceparent !== undefined) headers[EventHeader.traceparent] = headerValue('traceparent', event.traceparent);
  const payload = writeEventBody(event.body);
  headers[EventHeader.checksum] = eventChecksum(subject, (name) => headers[name] ?? '', payload);
  return { subject, headers, payload };
}

/** Printable ASCII that no reader trims: NATS headers are lines, and a value with a line break would forge another one. */
function headerValue(what: string, value: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return value;
  throw new IrqBypassError(Errno.EINVAL, `the event's ${what} ${JSON.stringify(value)} is not printable ASCII`);
}

/**
 * A message of the log as its event.
 * @throws EventDecodeError for a message that is no event this program can read.
 */
export function decodeEvent(message: StoredMessage): LogEvent {
  try {
    const { kind, token } = parseEventSubject(message.subject);
    const { headers } = message;
    const type = headers.get(EventHeader.type);
    const payload = upcast(message.payload, schemaVersion(headers.get(EventHeader.schemaVersion)));
    const body = readEventBody(payload);
    if (type !== CE_TYPES[body.type]) throw mismatch(type, body);
    if (eventKind(body.type) !== kind) {
      throw new IrqBypassError(Errno.EINVAL, `its subject is for ${kind} events, its body is a ${body.type}`);
    }
    return {
      id: required(headers, EventHeader.id),
      token,
      timeMs: parseEventTime(headers.get(EventHeader.time)),
      source: required(headers, EventHeader.source),
      causationId: optional(headers, EventHeader.causationId),
      traceparent: optional(headers, EventHeader.traceparent),
      body,
      sequence: message.sequence,
    };
  } catch (cause) {
    throw new EventDecodeError(message.sequence, cause instanceof IrqBypassError ? sentenceOf(cause) : String(cause), { cause });
  }
}

function schemaVersion(text: string): number {
  if (text === CURRENT_VERSION) return SCHEMA_VERSION;
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new IrqBypassError(Errno.EINVAL, text === '' ? `the header ${EventHeader.schemaVersion} is missing` : `${JSON.stringify(text)} is not a schema version`);
}

function mismatch(type: string, body: EventBody): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, type === '' ? `the header ${EventHeader.type} is missing` : `its ${EventHeader.type} is ${JSON.stringify(type)}, its body is a ${body.type}`);
}

function required(headers: StoredMessage['headers'], name: string): string {
  const value = headers.get(name);
  if (value === '') throw new IrqBypassError(Errno.EINVAL, `the header ${name} is missing`);
  return value;
}

function optional(headers: StoredMessage['headers'], name: string): string | undefined {
  const value = headers.get(name);
  return value === '' ? undefined : value;
}
