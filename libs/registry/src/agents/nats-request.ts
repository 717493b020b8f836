import { NoRespondersError, RequestError, TimeoutError } from '@nats-io/nats-core';
import type { Msg, NatsConnection } from '@nats-io/nats-core';

/** The reply to a request; undefined when nobody listens or none came in time. */
export async function requestUnlessUnanswered(connection: NatsConnection, subject: string, payload: Uint8Array, timeoutMs: number): Promise<Msg | undefined> {
  try {
    return await connection.request(subject, payload, { timeout: timeoutMs });
  } catch (error) {
    if (isUnanswered(error)) return undefined;
    throw error;
  }
}

function isUnanswered(error: unknown): boolean {
  if (error instanceof TimeoutError || error instanceof NoRespondersError) return true;
  return error instanceof RequestError && (error.isNoResponders() || error.cause instanceof TimeoutError);
}
