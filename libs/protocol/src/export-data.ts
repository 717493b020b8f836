import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import type { JsonValue } from '@bufbuild/protobuf';
import { base64Decode, base64Encode } from '@bufbuild/protobuf/wire';
import { isObject, quoted } from './export-cloud-event.ts';
import type { CloudEvent } from './export-cloud-event.ts';
import { EventSchema } from './gen/irqmesh/v1/event_pb.ts';
import { faultPath } from './json-path.ts';

/** The content type of every event that this program writes. */
export const PROTOBUF = 'application/protobuf';
/** The content type of a line whose payload is shown in JSON. */
const JSON_TYPE = 'application/json';

/** A line's `data` attributes. */
export interface ExportData {
  readonly datacontenttype?: string;
  readonly data?: JsonValue;
  readonly data_base64?: string;
}

/**
 * A payload as people can read it, or undefined where reading that back would give other bytes: fields of a newer
 * version, an event type that this program does not know, bytes that are no event at all.
 */
export function readableData(payload: Uint8Array): ExportData | undefined {
  try {
    const event = fromBinary(EventSchema, payload, { readUnknownFields: false });
    if (event.body.case === undefined || !sameBytes(toBinary(EventSchema, event), payload)) return undefined;
    return { datacontenttype: JSON_TYPE, data: toJson(EventSchema, event) };
  } catch {
    return undefined; // The library has no error type of its own for bytes that are no such message.
  }
}

/** A payload as it is. */
export function exactData(payload: Uint8Array): ExportData {
  return { data_base64: base64Encode(payload) };
}

/**
 * The payload of a line, and whether it stood there readable.
 * @throws ExportLineError
 */
export function payloadOf(event: CloudEvent): { readonly payload: Uint8Array; readonly readable: boolean } {
  const [data, base64] = [event.value('data'), event.value('data_base64')];
  if (data === undefined && base64 === undefined) throw event.error('data', 'is missing, and so is "data_base64"');
  if (data !== undefined && base64 !== undefined) throw event.error('data', 'stands beside "data_base64"; only one of them can be right');
  if (data === undefined) return { payload: exactPayload(event, base64!), readable: false };
  const contentType = event.text('datacontenttype');
  if (contentType !== JSON_TYPE) throw event.error('datacontenttype', `is ${quoted(contentType)}, beside "data" it must be ${quoted(JSON_TYPE)}`);
  return { payload: readablePayload(event, data), readable: true };
}

function readablePayload(event: CloudEvent, data: JsonValue): Uint8Array {
  if (!isObject(data)) throw event.error('data', `is ${quoted(data)}, not an event in JSON`);
  try {
    return toBinary(EventSchema, fromJson(EventSchema, data));
  } catch (cause) {
    const path = faultPath(EventSchema, data);
    throw event.error(path === '' ? 'data' : `data.${path}`, `is not as an event has it: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function exactPayload(event: CloudEvent, base64: JsonValue): Uint8Array {
  if (typeof base64 !== 'string') throw event.error('data_base64', `is ${quoted(base64)}, it must be a text`);
  const payload = decodeBase64(base64);
  // The decoder takes spaces and other alphabets; there is one way to write a payload, and any other one is damage.
  if (payload !== undefined && base64Encode(payload) === base64) return payload;
  throw event.error('data_base64', 'is not base64');
}

function decodeBase64(base64: string): Uint8Array | undefined {
  try {
    return base64Decode(base64);
  } catch {
    return undefined; // Errors of several types say that it is not base64.
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
