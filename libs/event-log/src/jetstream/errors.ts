import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { LogUnavailableError } from '../port.ts';

/** The parts of JetStream's errors that say what to do. */
export interface ApiErrorCodes {
  /** Like an HTTP status. */
  readonly status: number;
  /** The server's own number for the error (`err_code`). */
  readonly code: number;
}

/** A message with this id is on its way through the cluster; whether it will be stored is not known yet. */
const DUPLICATE_IN_PROCESS = 10158;

/**
 * Whether an error says only that there is no answer now: no leader, too many requests, or another attempt with the
 * same id or subject is still on its way through the cluster, so that this one can neither be stored nor refused.
 */
export function isTemporary({ status, code }: ApiErrorCodes): boolean {
  return status === 503 || status === 429 || code === DUPLICATE_IN_PROCESS || code === JetStreamApiCodes.StreamWrongLastSequenceUnknown;
}

/**
 * Calls JetStream's API. An answer that is an error comes through as JetStreamApiError, unless it is temporary.
 * @param what is asked for, for the message: `to read event 7`
 * @throws LogUnavailableError when there is no answer now
 */
export async function callApi<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof JetStreamApiError && !isTemporary(cause)) throw cause;
    throw unavailable(what, cause);
  }
}

export function unavailable(what: string, cause: unknown): LogUnavailableError {
  return new LogUnavailableError(`no answer from the log when asked ${what}: ${reasonOf(cause)}`, { cause });
}

/** The client's errors of the API's errors often have the words of the real one in their cause only. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message === '' ? cause.name : cause.message;
}
