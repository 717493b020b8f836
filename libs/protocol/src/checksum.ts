import crc32 from 'crc-32';
import { EventHeader } from './event-headers.ts';

/** What the checksum covers, in this order: all that an event's writer decides, and nothing that the log adds. */
const COVERED = [
  EventHeader.specVersion, EventHeader.id, EventHeader.source, EventHeader.type, EventHeader.time, EventHeader.subject, EventHeader.causationId,
  EventHeader.schemaVersion, EventHeader.traceparent, EventHeader.contentType,
] as const;

/**
 * The CRC-32 of an event as its writer made it, in eight hexadecimal digits: its subject, its attributes and its payload.
 * It shows a change by accident or by hand; whoever means to deceive can compute it too.
 * @param header gives '' for a header that is not there
 */
export function eventChecksum(subject: string, header: (name: string) => string, payload: Uint8Array): string {
  let text = subject;
  for (const name of COVERED) text += `\n${header(name)}`;
  return (crc32.buf(payload, crc32.str(text)) >>> 0).toString(16).padStart(8, '0');
}
