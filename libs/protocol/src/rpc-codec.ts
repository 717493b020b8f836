import { create, fromBinary, fromJson, toBinary, toJsonString } from '@bufbuild/protobuf';
import type { DescMessage, JsonValue, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import { sentenceOf } from './failure.ts';
import { faultPath } from './json-path.ts';
import { parseJsonText } from './json-text.ts';

/** How a call's payload is written; a reply is written as its request was. */
export type ContentType = 'application/protobuf' | 'application/json';

/** The header that names it; a message without it holds protobuf. */
export const CONTENT_TYPE_HEADER = 'content-type';

/**
 * The largest request, in bytes: 896 KiB. It leaves room below NATS's usual 1 MiB for headers, so that the answer to a
 * payload that is too large is -EMSGSIZE and not silence, and it fits 2,048 register items of the greatest length in
 * protobuf (850 KB).
 */
export const MAX_PAYLOAD_BYTES = 896 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * The content type a header names; parameters such as a charset are passed over. None, or '', is protobuf.
 * @throws IrqBypassError -EINVAL for any other type.
 */
export function parseContentType(header: string | undefined): ContentType {
  const type = (header ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type === '') return 'application/protobuf';
  if (type === 'application/protobuf' || type === 'application/json') return type;
  throw new IrqBypassError(Errno.EINVAL, `the content type ${JSON.stringify(type.slice(0, 80))} is not known here; send application/protobuf or application/json`);
}

/** How to answer a message with this header: as it was written, or in JSON, which people can read, if that is not known. */
export function replyContentType(header: string | undefined): ContentType {
  try {
    return parseContentType(header);
  } catch (error) {
    if (error instanceof IrqBypassError) return 'application/json';
    throw error;
  }
}

/**
 * A request as its message. Fields that this version does not know are passed over in protobuf, where they come from
 * newer callers, and refused in JSON, where they are spelling mistakes.
 * @throws IrqBypassError -EMSGSIZE above `MAX_PAYLOAD_BYTES`, -EINVAL for bytes that are no such message.
 */
export function decodeRequest<Desc extends DescMessage>(schema: Desc, payload: Uint8Array, contentType: ContentType): MessageShape<Desc> {
  if (payload.length > MAX_PAYLOAD_BYTES) {
    throw new IrqBypassError(Errno.EMSGSIZE, `the request has ${payload.length} bytes, the limit is ${MAX_PAYLOAD_BYTES}; send fewer items at once`);
  }
  return contentType === 'application/json' ? decodeJson(schema, payload) : decodeBinary(schema, payload);
}

/**
 * A reply, read by `parse`. One that breaks the protocol is an error of the service, not of the caller's input.
 * @throws IrqBypassError -EIO for bytes that are no such message, or that `parse` refuses.
 */
export function decodeReply<Desc extends DescMessage, Reply>(schema: Desc, payload: Uint8Array, contentType: ContentType, parse: (message: MessageShape<Desc>) => Reply): Reply {
  try {
    return parse(contentType === 'application/json' ? decodeJson(schema, payload) : decodeBinary(schema, payload));
  } catch (cause) {
    if (!(cause instanceof IrqBypassError)) throw cause;
    throw new IrqBypassError(Errno.EIO, `the reply cannot be read: ${sentenceOf(cause)}`, { cause });
  }
}

/**
 * A message as a payload. JSON holds every field, also 0 and false, since its readers look for them.
 * @throws IrqBypassError -EINVAL for a value that its field cannot hold, such as a negative irq; in JSON it is the
 * reader who finds some of them.
 */
export function encodeMessage<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>, contentType: ContentType): Uint8Array {
  try {
    const message = create(schema, init);
    if (contentType === 'application/protobuf') return toBinary(schema, message);
    return encoder.encode(toJsonString(schema, message, { alwaysEmitImplicit: true }));
  } catch (cause) {
    throw new IrqBypassError(Errno.EINVAL, `the ${schema.name} cannot be written: ${reasonOf(cause)}`, { cause });
  }
}

function decodeBinary<Desc extends DescMessage>(schema: Desc, payload: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, payload, { readUnknownFields: false });
  } catch (cause) {
    throw new IrqBypassError(Errno.EINVAL, `the payload is not a ${schema.name} in protobuf: ${reasonOf(cause)}`, { cause });
  }
}

function decodeJson<Desc extends DescMessage>(schema: Desc, payload: Uint8Array): MessageShape<Desc> {
  const json = parseJson(schema, payload);
  try {
    return fromJson(schema, json);
  } catch (cause) {
    const path = faultPath(schema, json);
    const where = path === '' ? '' : ` at ${path}`;
    throw new IrqBypassError(Errno.EINVAL, `the payload is not a ${schema.name} in JSON${where}: ${reasonOf(cause)}`, { cause });
  }
}

function parseJson(schema: DescMessage, payload: Uint8Array): JsonValue {
  try {
    return parseJsonText(decoder.decode(payload));
  } catch (cause) {
    throw new IrqBypassError(Errno.EINVAL, `the payload is not a ${schema.name} in JSON: ${reasonOf(cause)}`, { cause });
  }
}

/** The parser's words without its repetition of what was to be decoded. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^cannot (?:decode .*? from|encode .*? to) (?:JSON|binary): /, '');
}
