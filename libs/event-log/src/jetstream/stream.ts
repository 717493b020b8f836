import { STREAM_NAME } from '@irqmesh/protocol';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { LogConfigurationError, LogUnavailableError } from '../port.ts';
import { callApi } from './errors.ts';
import { newStreamConfig, partitionsOf, RESTORING_FIELD, streamDifferences } from './stream-config.ts';
import type { StreamRequirements } from './stream-config.ts';

/** The oldest nats-server whose JetStream does all that the log and the leases need. */
const MIN_SERVER = [2, 12] as const;

/** The server's errors for "JetStream is off", on the whole server and for the account. */
const NOT_ENABLED: readonly number[] = [10076, JetStreamApiCodes.JetStreamNotEnabledForAccount];
const NAME_IN_USE = 10058;

export interface OpenStreamOptions extends StreamRequirements {
  /** Whether to make the stream where there is none. */
  readonly create: boolean;
}

/**
 * Makes the stream where it is missing and `create` is set, and checks it where it is there.
 * @returns the number of partitions
 * @throws LogConfigurationError when the server or the stream is not as the log needs it
 * @throws LogUnavailableError when JetStream does not answer in time
 */
export async function openStream(connection: NatsConnection, manager: JetStreamManager, options: OpenStreamOptions): Promise<number> {
  checkServerVersion(connection.info?.version ?? 'unknown');
  const info = (await findStream(manager)) ?? (await makeStream(manager, options));
  const restoring = info.config.metadata?.[RESTORING_FIELD];
  if (restoring !== undefined) {
    throw new LogConfigurationError(
      `the stream ${STREAM_NAME} is not whole: it is being restored up to event ${restoring}, and holds ${info.state.messages} events; wait for that or, if it stopped midway, ` +
        `delete the stream (nats stream rm ${STREAM_NAME}) and restore it again`,
    );
  }
  const differences = streamDifferences(info.config, options);
  if (differences.length > 0) {
    throw new LogConfigurationError(`the stream ${STREAM_NAME} is not as irqmesh needs it: ${differences.join('; ')}`);
  }
  return partitionsOf(info.config)!;
}

/** @throws LogConfigurationError for a server older than 2.12 */
export function checkServerVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > MIN_SERVER[0] || (major === MIN_SERVER[0] && minor >= MIN_SERVER[1])) return;
  throw new LogConfigurationError(`the NATS server is version ${version}; irqmesh needs ${MIN_SERVER.join('.')} or newer`);
}

/** @throws LogConfigurationError when JetStream is off; LogUnavailableError */
export async function findStream(manager: JetStreamManager): Promise<StreamInfo | undefined> {
  try {
    return await explainDisabled(() => callApi(`about the stream ${STREAM_NAME}`, () => manager.streams.info(STREAM_NAME)));
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
}

async function makeStream(manager: JetStreamManager, options: OpenStreamOptions): Promise<StreamInfo> {
  if (!options.create) {
    throw new LogConfigurationError(`there is no stream ${STREAM_NAME} on this NATS server: start irqmesh's services, which make it`);
  }
  try {
    return await callApi(`to make the stream ${STREAM_NAME}`, () => manager.streams.add(newStreamConfig(options)));
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    // Another process was faster and asked for something else: what it made is compared as any other.
    const other = error.code === NAME_IN_USE ? await findStream(manager) : undefined;
    if (other !== undefined) return other;
    throw new LogConfigurationError(`the stream ${STREAM_NAME} cannot be made: ${error.message}`, { cause: error });
  }
}

async function explainDisabled<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const cause = error instanceof LogUnavailableError ? error.cause : undefined;
    const isDisabled = cause instanceof Error && (cause.name === 'JetStreamNotEnabled' || (cause instanceof JetStreamApiError && NOT_ENABLED.includes(cause.code)));
    if (!isDisabled) throw error;
    throw new LogConfigurationError('JetStream is not enabled on this NATS server: start it with --jetstream, or enable it for the account', { cause: error });
  }
}
