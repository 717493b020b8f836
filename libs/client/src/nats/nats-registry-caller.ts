import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { Side } from '@irqmesh/domain';
import {
  CONTENT_TYPE_HEADER, decodeGetReply, decodeListReply, decodeRegistryReply, encodeGetRequest, encodeListRequest, encodeRegisterRequest, encodeResultRequest,
  encodeUnregisterRequest, parseContentType, registrySubject,
} from '@irqmesh/protocol';
import type {
  BatchMessage, ContentType, GetReplyMessage, ListReplyMessage, ListRequestMessage, RegisterItemMessage, RegistryReplyMessage, RegistryVerb, ResultItemMessage,
  UnregisterItemMessage,
} from '@irqmesh/protocol';
import { NoRespondersError, PermissionViolationError } from '@nats-io/nats-core';
import type { NatsConnection } from '@nats-io/nats-core';
import { NoAnswerError } from '../calls/registry-caller.ts';
import type { RegistryCaller } from '../calls/registry-caller.ts';

type Decode<Reply> = (payload: Uint8Array, contentType: ContentType) => Reply;

/** Calls the registries by NATS request and reply, in protobuf. */
export class NatsRegistryCaller implements RegistryCaller {
  private readonly connection: NatsConnection;
  private readonly host: string;

  /** @param host whose registrations are meant; `ALL_HOSTS` for an operator who lists and gets. */
  constructor(connection: NatsConnection, host: string) {
    this.connection = connection;
    this.host = host;
  }

  register(side: Side, batch: BatchMessage<RegisterItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage> {
    return this.request(side, 'register', encodeRegisterRequest(batch), timeoutMs, decodeRegistryReply);
  }

  unregister(side: Side, batch: BatchMessage<UnregisterItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage> {
    return this.request(side, 'unregister', encodeUnregisterRequest(batch), timeoutMs, decodeRegistryReply);
  }

  result(side: Side, batch: BatchMessage<ResultItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage> {
    return this.request(side, 'result', encodeResultRequest(batch), timeoutMs, decodeRegistryReply);
  }

  list(side: Side, request: ListRequestMessage, timeoutMs: number): Promise<ListReplyMessage> {
    return this.request(side, 'list', encodeListRequest(request), timeoutMs, decodeListReply);
  }

  get(side: Side, token: string, timeoutMs: number): Promise<GetReplyMessage> {
    return this.request(side, 'get', encodeGetRequest({ token }), timeoutMs, decodeGetReply);
  }

  private async request<Reply>(side: Side, verb: RegistryVerb, payload: Uint8Array, timeoutMs: number, decode: Decode<Reply>): Promise<Reply> {
    const subject = registrySubject(side, verb, this.host);
    const reply = await this.connection.request(subject, payload, { timeout: timeoutMs }).catch((error: unknown) => {
      throw asFailure(error, `${side}-registry`, subject);
    });
    return decode(reply.data, parseContentType(reply.headers?.get(CONTENT_TYPE_HEADER)));
  }
}

/** The client wraps some errors in its own. */
function asFailure(error: unknown, service: string, subject: string): Error {
  const causes = error instanceof Error ? [error, error.cause] : [error];
  if (causes.some((cause) => cause instanceof NoRespondersError)) return new NoAnswerError(`no ${service} is running`, false, { cause: error });
  if (causes.some((cause) => cause instanceof PermissionViolationError)) {
    return new IrqBypassError(Errno.EACCES, `the NATS permissions of this client do not allow it to call ${subject}`, { cause: error });
  }
  return new NoAnswerError(`the ${service} did not answer`, true, { cause: error });
}
