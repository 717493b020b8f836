import { Errno, IrqBypassError } from '@irqmesh/domain';
import { EventHeader } from './event-headers.ts';
import { MAX_EXPORT_LINE_LENGTH, parseCloudEvent, quoted, SPEC_VERSION } from './export-cloud-event.ts';
import type { CloudEvent } from './export-cloud-event.ts';
import { exactData, payloadOf, PROTOBUF, readableData } from './export-data.ts';
import type { ExportData } from './export-data.ts';
import { ATTRIBUTE_NAMES, attributesOf, changeHeaders, headersSaid, isContentType, OTHER_HEADERS, otherHeaders } from './export-headers.ts';
import type { LogRecord } from './log-record.ts';
import { parseEventTime } from './event-time.ts';
import { parseEventSubject } from './subjects.ts';

// One message of the log as one line of text and back, exact to the byte. A line is a CloudEvent, for people and for
// any program that reads those: an event that irqmesh wrote is shown in full; whatever else a log may hold is kept in
// base64. The numbers of the log are texts here, since an integer of a CloudEvent has 32 bits.

/** What a message without these headers is called in a line, since a CloudEvent must have them; the headers stay missing. */
const NO_SOURCE = 'irqmesh';
const NO_TYPE = 'irqmesh.v1.Unknown';

/**
 * @returns the record's line, without its end
 * @throws IrqBypassError -EMSGSIZE for a record that is too large for any line
 */
export function encodeExportLine(record: LogRecord): string {
  const { sequence, subject, headers, payload } = record;
  const attributes = { specversion: SPEC_VERSION, id: `sequence-${sequence}`, source: NO_SOURCE, type: NO_TYPE, ...attributesOf(headers) };
  const data = dataOf(record);
  const said = headersSaid(attributes, data.contentType);
  const others = otherHeaders(said, headers);
  const text = JSON.stringify({
    ...attributes,
    sequence: String(sequence),
    natssubject: subject,
    ...tokenAttribute(subject),
    ...(others === undefined ? undefined : { [OTHER_HEADERS]: others }),
    ...data.attributes,
  });
  if (text.length <= MAX_EXPORT_LINE_LENGTH) return text;
  throw new IrqBypassError(Errno.EMSGSIZE, `event ${sequence} of the log has ${payload.length} bytes; with its headers that is more than fits into a line of an export`);
}

/** The payload's attributes, and the content type that they say the message has. */
function dataOf({ headers, payload }: LogRecord): { readonly attributes: ExportData; readonly contentType: string | undefined } {
  const actual = Object.hasOwn(headers, EventHeader.contentType) ? headers[EventHeader.contentType] : undefined;
  const readable = actual === PROTOBUF ? readableData(payload) : undefined;
  if (readable !== undefined) return { attributes: readable, contentType: PROTOBUF };
  const contentType = isContentType(actual) ? actual : undefined;
  return { attributes: contentType === undefined ? exactData(payload) : { datacontenttype: contentType, ...exactData(payload) }, contentType };
}

/** The token, for people; left out where the subject is no event's, or the token holds what no attribute may. */
function tokenAttribute(subject: string): { readonly token?: string } {
  const token = tokenOf(subject);
  return token === undefined || /\p{Cc}/u.test(token) ? {} : { token };
}

function tokenOf(subject: string): string | undefined {
  try {
    return parseEventSubject(subject).token;
  } catch (error) {
    if (error instanceof IrqBypassError) return undefined;
    throw error;
  }
}

/**
 * @param line the line's number in its file, from 1, for errors
 * @throws ExportLineError
 */
export function decodeExportLine(text: string, line: number): LogRecord {
  const event = parseCloudEvent(text, line);
  const sequence = readSequence(event, 'sequence', 1);
  const subject = event.text('natssubject');
  const token = event.optionalText('token');
  if (token !== undefined && token !== tokenOf(subject)) throw event.error('token', `is ${quoted(token)}, which is not the token of its "natssubject"`);
  checkTime(event);
  const { payload, readable } = payloadOf(event);
  const headers = headersSaid(event.texts(ATTRIBUTE_NAMES), readable ? PROTOBUF : event.optionalText('datacontenttype'));
  changeHeaders(headers, event);
  return { sequence, subject, headers, payload };
}

/**
 * A number of the log in a line.
 * @throws ExportLineError
 */
export function readSequence(event: CloudEvent, name: string, min: number): number {
  const text = event.text(name);
  const sequence = Number(text);
  if (/^(?:0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(sequence) && sequence >= min) return sequence;
  throw event.error(name, `is ${quoted(text)}, it must be a whole number from ${min}`);
}

function checkTime(event: CloudEvent): void {
  const time = event.optionalText('time');
  if (time === undefined) return;
  try {
    parseEventTime(time);
  } catch (cause) {
    if (!(cause instanceof IrqBypassError)) throw cause;
    throw event.error('time', `is ${quoted(time)}, it must be a time like 2026-01-31T08:15:00.123Z`, cause);
  }
}
