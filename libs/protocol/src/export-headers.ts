import type { JsonValue } from '@bufbuild/protobuf';
import { IrqBypassError } from '@irqmesh/domain';
import { isObject, quoted } from './export-cloud-event.ts';
import type { CloudEvent } from './export-cloud-event.ts';
import { EventHeader } from './event-headers.ts';
import { parseEventTime } from './event-time.ts';

// The headers of a message as attributes of a line. An event's headers are attributes one by one. Any others, and
// values that no attribute may have, stand in one more attribute: what differs from the headers that the attributes
// say. So every set of headers is kept exactly, and an event as irqmesh writes it has no such attribute.

/** The headers that are attributes, by the attribute's name. `id` stands for the message id too. */
const ATTRIBUTES = [
  ['specversion', EventHeader.specVersion],
  ['id', EventHeader.id],
  ['source', EventHeader.source],
  ['type', EventHeader.type],
  ['time', EventHeader.time],
  ['subject', EventHeader.subject],
  ['causationid', EventHeader.causationId],
  ['schemaversion', EventHeader.schemaVersion],
  ['checksum', EventHeader.checksum],
  ['expectedlastsequence', EventHeader.expectedLastSequence],
  ['traceparent', EventHeader.traceparent],
] as const;

export const ATTRIBUTE_NAMES: readonly string[] = ATTRIBUTES.map(([attribute]) => attribute);

/** The attribute for all the rest: a JSON object in a string, of header names to values, null for a header that is not there. */
export const OTHER_HEADERS = 'otherheaders';

export type Headers = Readonly<Record<string, string>>;

/** The attributes that a message's headers give; those that a CloudEvent cannot be without are missing where they are. */
export function attributesOf(headers: Headers): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [attribute, header] of ATTRIBUTES) {
    const value = Object.hasOwn(headers, header) ? headers[header] : undefined;
    if (value !== undefined && isValue(attribute, value)) attributes[attribute] = value;
  }
  return attributes;
}

/** The headers that a line's attributes say, before `OTHER_HEADERS` changes them. A record without a prototype: a header may have any name. */
export function headersSaid(attributes: Headers, contentType: string | undefined): Record<string, string> {
  const headers = noHeaders();
  const { id } = attributes;
  if (id !== undefined) headers[EventHeader.messageId] = id;
  for (const [attribute, header] of ATTRIBUTES) {
    const value = attributes[attribute];
    if (value !== undefined) headers[header] = value;
  }
  if (contentType !== undefined) headers[EventHeader.contentType] = contentType;
  return headers;
}

/** How the headers differ from those that the attributes say, for `OTHER_HEADERS`; undefined where they do not. By name, so that a record has one line. */
export function otherHeaders(said: Headers, headers: Headers): string | undefined {
  const changes: [string, string | null][] = [];
  for (const name of Object.keys(said)) if (!Object.hasOwn(headers, name)) changes.push([name, null]);
  for (const [name, value] of Object.entries(headers)) if (said[name] !== value) changes.push([name, value]);
  if (changes.length === 0) return undefined;
  changes.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(changes));
}

/**
 * Changes the headers that a line's attributes say as its `OTHER_HEADERS` has it.
 * @throws ExportLineError
 */
export function changeHeaders(headers: Record<string, string>, event: CloudEvent): void {
  const text = event.optionalText(OTHER_HEADERS);
  if (text === undefined) return;
  const changes = parseChanges(text);
  if (!isObject(changes)) throw event.error(OTHER_HEADERS, `is ${quoted(text)}, it must hold a JSON object of headers`);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete headers[name];
    else if (typeof value === 'string') headers[name] = value;
    else throw event.error(OTHER_HEADERS, `holds ${quoted(value)} for ${quoted(name)}, it must be a text or null`);
  }
}

export function isContentType(value: string | undefined): value is string {
  return value !== undefined && PRINTABLE.test(value);
}

const PRINTABLE = /^[\x20-\x7e]+$/;

function isValue(attribute: string, value: string): boolean {
  if (attribute === 'specversion') return value === '1.0';
  return attribute === 'time' ? isTime(value) : PRINTABLE.test(value);
}

function isTime(text: string): boolean {
  try {
    parseEventTime(text);
    return true;
  } catch (error) {
    if (error instanceof IrqBypassError) return false;
    throw error;
  }
}

function noHeaders(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

function parseChanges(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
