// Everything that goes over the wire: subjects, keys, the codec of events, the calls and their codec. Other packages
// use the plain types of this file and never the generated protobuf code.
//
// A service's way through a call:
//   const contentType = parseContentType(headers.get(CONTENT_TYPE_HEADER));
//   const { session, deadlineMs, items } = decodeRegisterRequest(side, payload, contentType);
//   for (const item of items) if (item.error === undefined) decide(item.value); else refuse(item.requestId, item.error);
//   reply(encodeRegistryReply({ items: outcomes }, contentType));
// What the first two lines throw is an IrqBypassError and goes back as
//   encodeRegistryReply({ items: [], failure: error }, replyContentType(headers.get(CONTENT_TYPE_HEADER)))

/** Tokens in subjects: `tokenKey` and back. */
export { tokenFromKey, tokenKey } from './token-key.ts';
/** Subjects of events and calls, built and parsed, with their filters; the stream's name. */
export * from './subjects.ts';
/** The two key-value buckets and their keys. */
export * from './bucket-keys.ts';
/** What stands in the buckets. */
export { encodePartitionLease, encodeSessionRecord, parsePartitionLease, parseSessionRecord } from './session-record.ts';
export type { PartitionLease, SessionRecord } from './session-record.ts';

/** Events: `encodeEvent(event, partitions)` for the log, `decodeEvent(message)` out of it. */
export { decodeEvent, encodeEvent, EventDecodeError } from './event-codec.ts';
export type { EncodedEvent, StoredMessage } from './event-codec.ts';
export { EventHeader } from './event-headers.ts';
/** Messages of the log whole, with what guards them. */
export { checkRecord, decodeRecord, expectedLastSequence } from './log-record.ts';
export type { LogRecord } from './log-record.ts';
export { recordFacts } from './record-facts.ts';
export type { RecordFacts } from './record-facts.ts';
/** The log as lines of text, for backups: the first line, then one for each message. */
export { decodeExportHeader, encodeExportHeader, EXPORT_FORMAT_VERSION } from './export-header.ts';
export type { ExportHeader } from './export-header.ts';
export { decodeExportLine, encodeExportLine } from './export-line.ts';
export { ExportLineError, MAX_EXPORT_LINE_LENGTH } from './export-cloud-event.ts';
export { SCHEMA_VERSION } from './upcasters.ts';

/** Content types and bounds of calls. */
export { CONTENT_TYPE_HEADER, MAX_PAYLOAD_BYTES, parseContentType, replyContentType } from './rpc-codec.ts';
export type { ContentType } from './rpc-codec.ts';
export { MAX_ITEMS } from './request-fields.ts';
export type { ParsedItem } from './request-fields.ts';
export { sentenceOf } from './failure.ts';
export type { InvokeStatusName, RegistrationStateName, SettlementName } from './convert.ts';

/** register, unregister, result: clients to registries. */
export * from './registry-messages.ts';
/** list and get: clients to registries. */
export * from './query-messages.ts';
/** invoke and holdings: matcher to registry to agent. */
export * from './invoke-messages.ts';
/** state and explain: anyone to a matcher. */
export * from './matcher-messages.ts';
