import { parseContentType } from '@irqmesh/protocol';
import type { ContentType } from '@irqmesh/protocol';

/** A call as a handler gets it; the subject it came on is in Nest's NatsContext. */
export interface RpcRequest {
  readonly payload: Uint8Array;
  /** What the payload is, as the caller says; undefined when the caller does not say. */
  readonly contentType: string | undefined;
  /** W3C trace context of the caller. */
  readonly traceparent: string | undefined;
}

/** What a handler returns: the reply as it goes over the wire. */
export interface RpcReply {
  readonly payload: Uint8Array;
  readonly contentType: string;
}

export const TRACEPARENT_HEADER = 'traceparent';

/**
 * A handler's way through a call: reads the request, has it answered, and writes the reply as the request was written.
 * What `decode` or `work` throws is the handler's to pass on: the transport makes a failure of it.
 */
export async function answer<Request, Reply>(
  { payload, contentType: header }: RpcRequest,
  decode: (payload: Uint8Array, contentType: ContentType) => Request,
  work: (request: Request) => Reply | Promise<Reply>,
  encode: (reply: Reply, contentType: ContentType) => Uint8Array,
): Promise<RpcReply> {
  const contentType = parseContentType(header);
  const reply = await work(decode(payload, contentType));
  return { payload: encode(reply, contentType), contentType };
}
