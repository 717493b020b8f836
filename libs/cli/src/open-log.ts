import type { EventLog, RecordSource } from '@irqmesh/event-log';
import { LogConfigurationError, LogUnavailableError, openJetStreamLog } from '@irqmesh/event-log';
import type { NatsConnection } from '@nats-io/nats-core';
import { CommandError, ExitCode } from './command-error.ts';

/**
 * Opens the log for reading; never makes it.
 * @throws CommandError (69) when there is none, or JetStream does not answer
 */
export async function openLog(connection: NatsConnection): Promise<EventLog & RecordSource> {
  try {
    return await openJetStreamLog({ connection, create: false });
  } catch (error) {
    if (error instanceof LogUnavailableError || error instanceof LogConfigurationError) throw new CommandError(error.message, ExitCode.UNAVAILABLE, { cause: error });
    throw error;
  }
}
