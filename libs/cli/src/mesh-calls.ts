import { IrqBypassError } from '@irqmesh/domain';
import type { Side } from '@irqmesh/domain';
import { NoAnswerError } from '@irqmesh/client/core';
import { NatsRegistryCaller } from '@irqmesh/client/nats';
import { CONTENT_TYPE_HEADER, matcherSubject, parseContentType } from '@irqmesh/protocol';
import type { ContentType, ListReplyMessage, ListRequestMessage, MatcherVerb } from '@irqmesh/protocol';
import { NoRespondersError, PermissionViolationError, TimeoutError } from '@nats-io/nats-core';
import type { NatsConnection } from '@nats-io/nats-core';
import { CommandError, ExitCode } from './command-error.ts';

/** How long a service may take for an answer. */
export const CALL_TIMEOUT_MS = 5000;

/**
 * A page of a side's registrations.
 * @param host `ALL_HOSTS` for those of every host
 * @throws CommandError (69) when no registry answers; IrqBypassError when it refuses
 */
export async function listPage(connection: NatsConnection, side: Side, host: string, request: ListRequestMessage): Promise<ListReplyMessage> {
  try {
    const reply = await new NatsRegistryCaller(connection, host).list(side, request, CALL_TIMEOUT_MS);
    if (reply.failure !== undefined) throw reply.failure;
    return reply;
  } catch (error) {
    if (error instanceof NoAnswerError) throw new CommandError(`${error.message}; irqmesh doctor shows what runs`, ExitCode.UNAVAILABLE, { cause: error });
    throw error;
  }
}

/**
 * Asks the matcher of a partition. Only the one that holds the partition answers.
 * @returns undefined when no answer came in time: no matcher runs, or none holds the partition
 */
export async function askMatcher<Reply extends { readonly failure?: IrqBypassError | undefined }>(
  connection: NatsConnection,
  partition: number,
  verb: MatcherVerb,
  payload: Uint8Array,
  decode: (payload: Uint8Array, contentType: ContentType) => Reply,
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<Reply | undefined> {
  const subject = matcherSubject(partition, verb);
  try {
    const message = await connection.request(subject, payload, { timeout: timeoutMs });
    const reply = decode(message.data, parseContentType(message.headers?.get(CONTENT_TYPE_HEADER)));
    if (reply.failure !== undefined) throw reply.failure;
    return reply;
  } catch (error) {
    // The client wraps some of its errors in another one.
    const causes = error instanceof Error ? [error, error.cause] : [error];
    if (causes.some((cause) => cause instanceof NoRespondersError || cause instanceof TimeoutError)) return undefined;
    if (causes.some((cause) => cause instanceof PermissionViolationError)) {
      throw new CommandError(`the NATS permissions of this user do not allow to ask ${subject}`, ExitCode.FAILED, { cause: error });
    }
    throw error;
  }
}
