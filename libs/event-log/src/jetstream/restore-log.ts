import { STREAM_NAME } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { LogConfigurationError } from '../port.ts';
import type { LogIdentity } from '../port.ts';
import { checkRestorable } from '../records/restorable.ts';
import type { RecordSource } from '../records/record-source.ts';
import { callApi } from './errors.ts';
import { RecordPublisher } from './record-publisher.ts';
import { newStreamConfig, PARTITIONS_FIELD, RESTORING_FIELD, streamDifferences } from './stream-config.ts';
import { checkServerVersion, findStream } from './stream.ts';

export interface RestoreOptions {
  /** Stays the caller's. */
  readonly connection: NatsConnection;
  /** Read twice. */
  readonly source: RecordSource;
  /** Of the stream that is made; as many as the services are started with. */
  readonly replicas: number;
  /** Sees each record before anything is written; what it throws refuses all of them. */
  readonly onChecked: (record: LogRecord) => void;
  /** Each record that the log has taken, in order. */
  readonly onStored: (sequence: number) => void;
  readonly signal: AbortSignal;
}

/** A restore ended midway: the log holds a part, which nothing reads, and which has to go before another attempt. */
export class RestoreStoppedError extends Error {
  override readonly name = 'RestoreStoppedError';
  /** The last sequence that the log is known to hold. */
  readonly lastStored: number;

  constructor(lastStored: number, lastSequence: number, reason: string, options?: ErrorOptions) {
    super(
      `the restore stopped after event ${lastStored} of ${lastSequence}: ${reason}; what is there is not the whole log, and no service takes it for one: ` +
        `delete the stream (nats stream rm ${STREAM_NAME} --force), then begin again`,
      options,
    );
    this.lastStored = lastStored;
  }
}

const REQUEST_TIMEOUT_MS = 5000;

/**
 * Makes the stream anew and fills it with what a source holds: the same events under the same sequences. First all of
 * it is checked; what is refused then has changed nothing.
 * @returns how many events were restored
 * @throws LogConfigurationError for a server that is too old, a stream that is not empty or not as the source needs it
 * @throws RecordRefusedError for a record that must not be restored, and what the source throws
 * @throws RestoreStoppedError
 * @throws LogUnavailableError before anything is written
 */
export async function restoreLog(options: RestoreOptions): Promise<number> {
  const { connection, source, signal, onStored } = options;
  checkServerVersion(connection.info?.version ?? 'unknown');
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
  const log = await source.identity();
  // Before the long way through the source, and again after it.
  checkEmpty(await findStream(manager), options, log);
  await checkSource(options, log);
  checkEmpty(await findStream(manager), options, log);
  await makeStream(manager, options, log);
  const publisher = new RecordPublisher(connection, onStored, log.firstSequence - 1, manager.getOptions().watcherPrefix);
  try {
    for await (const record of source.records(log.firstSequence, log.lastSequence)) {
      signal.throwIfAborted();
      await publisher.publish(record);
    }
    await publisher.finish();
    await setRestoring(manager, options, log, false);
  } catch (error) {
    throw new RestoreStoppedError(publisher.lastStored, log.lastSequence, error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    await publisher.close();
  }
  return log.lastSequence - log.firstSequence + 1;
}

async function checkSource({ connection, source, signal, onChecked }: RestoreOptions, { firstSequence, lastSequence }: LogIdentity): Promise<void> {
  const maxBytes = connection.info?.max_payload ?? Infinity;
  for await (const record of source.records(firstSequence, lastSequence)) {
    signal.throwIfAborted();
    checkRestorable(record, source.partitions, maxBytes);
    onChecked(record);
  }
}

/** @throws LogConfigurationError for a stream that the source cannot be put into */
function checkEmpty(info: StreamInfo | undefined, { source, replicas }: RestoreOptions, { firstSequence }: LogIdentity): void {
  if (info === undefined) return;
  const { messages, first_seq, last_seq } = info.state;
  if (messages > 0) throw new LogConfigurationError(`the stream ${STREAM_NAME} holds ${messages} events; a log is only restored where there is none: delete the stream first (nats stream rm ${STREAM_NAME}) if it is not needed any more`);
  const differences = streamDifferences(info.config, { partitions: source.partitions, replicas });
  const next = Math.max(last_seq + 1, first_seq);
  if (next !== firstSequence) differences.push(`its first event will have sequence ${next}, must be ${firstSequence}`);
  if (differences.length === 0) return;
  throw new LogConfigurationError(`the stream ${STREAM_NAME} is there, empty, and not as this log needs it: ${differences.join('; ')}; delete it first (nats stream rm ${STREAM_NAME})`);
}

/** The mark stands before the first event does, so that no service ever takes a part for the whole. */
async function makeStream(manager: JetStreamManager, options: RestoreOptions, log: LogIdentity): Promise<void> {
  try {
    if ((await findStream(manager)) !== undefined) return await setRestoring(manager, options, log, true);
    await callApi(`to make the stream ${STREAM_NAME}`, () => manager.streams.add({ ...configOf(options, log, true), first_seq: log.firstSequence }));
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    throw new LogConfigurationError(`the stream ${STREAM_NAME} cannot be made: ${error.message}`, { cause: error });
  }
}

async function setRestoring(manager: JetStreamManager, options: RestoreOptions, log: LogIdentity, restoring: boolean): Promise<void> {
  await callApi(`to mark the stream ${STREAM_NAME}`, () => manager.streams.update(STREAM_NAME, configOf(options, log, restoring)));
}

function configOf({ source: { partitions }, replicas }: RestoreOptions, { lastSequence }: LogIdentity, restoring: boolean): ReturnType<typeof newStreamConfig> {
  const config = newStreamConfig({ partitions, replicas });
  return restoring ? { ...config, metadata: { [PARTITIONS_FIELD]: String(partitions), [RESTORING_FIELD]: String(lastSequence) } } : config;
}
