import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import { connect, credsAuthenticator, errors } from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions, Status } from '@nats-io/transport-node';
import { ConfigError } from '../config/load-config.ts';
import type { NatsSettings } from '../config/settings.ts';
import type { Logger } from '../logging/logger.ts';

/** No server that can be used; the message is a sentence for whoever started the service. */
export class NatsUnavailableError extends Error {
  override readonly name = 'NatsUnavailableError';
}

export interface ConnectNatsOptions {
  /** How the server's own listings call this connection: `service/instance/purpose`. */
  readonly name: string;
  readonly logger: Logger;
  /** Ends the waiting for a server. */
  readonly signal?: AbortSignal;
}

/** One attempt to reach a server, handshake included. */
const ATTEMPT_TIMEOUT_MS = 5000;
const RETRY_DELAY_MIN_MS = 200;
const RETRY_DELAY_MAX_MS = 2000;
/** A server that has gone silent is noticed after two of these. */
const PING_INTERVAL_MS = 10_000;

/**
 * Connects to NATS. Waits up to `settings.waitMs` for a server that is not there yet; once connected, reconnects for as
 * long as the process lives, and logs each loss and return.
 * @throws NatsUnavailableError when no server answers in time, or it refuses the credentials
 * @throws ConfigError when the credentials file cannot be read
 */
export async function connectNats(settings: NatsSettings, { name, logger, signal }: ConnectNatsOptions): Promise<NatsConnection> {
  const options: NodeConnectionOptions = {
    name,
    servers: [...settings.servers],
    timeout: ATTEMPT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxReconnectAttempts: -1,
    // Credentials may be renewed on the server while the service runs.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: retryDelayMs,
    ...(await natsCredentials(settings)),
  };
  const connection = await connectWithin(options, settings, logger, signal);
  logger.info({ nats: connection.getServer(), connection: name }, 'connected to NATS');
  void reportStatus(connection, name, logger);
  return connection;
}

/** Different for each attempt, so that services that lost the same server do not come back in one wave. */
function retryDelayMs(): number {
  return RETRY_DELAY_MIN_MS + Math.random() * (RETRY_DELAY_MAX_MS - RETRY_DELAY_MIN_MS);
}

/**
 * How to log in, as the NATS client takes it.
 * @throws ConfigError when the credentials file cannot be read
 */
export async function natsCredentials({ user, password, credsFile }: NatsSettings): Promise<Pick<NodeConnectionOptions, 'user' | 'pass' | 'authenticator'>> {
  if (user !== undefined && password !== undefined) return { user, pass: password };
  if (credsFile === undefined) return {};
  try {
    return { authenticator: credsAuthenticator(await readFile(credsFile)) };
  } catch (cause) {
    throw new ConfigError([`IRQMESH_NATS_CREDS=${JSON.stringify(credsFile)}: cannot be read (${reason(cause)})`]);
  }
}

async function connectWithin(options: NodeConnectionOptions, settings: NatsSettings, logger: Logger, signal: AbortSignal | undefined): Promise<NatsConnection> {
  const servers = settings.servers.join(', ');
  const deadlineMs = performance.now() + settings.waitMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(options);
    } catch (cause) {
      if (cause instanceof errors.AuthorizationError || cause instanceof errors.UserAuthenticationExpiredError) {
        throw new NatsUnavailableError(`the NATS server at ${servers} refuses the credentials (${reason(cause)})`, { cause });
      }
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw notThere(servers, settings.waitMs, cause);
      if (attempt === 1) logger.warn({ waitMs: settings.waitMs }, `no NATS server at ${servers} yet (${reason(cause)}); waiting for it`);
      await sleep(Math.min(retryDelayMs(), leftMs), undefined, signal === undefined ? {} : { signal });
    }
  }
}

function notThere(servers: string, waitMs: number, cause: unknown): NatsUnavailableError {
  const waited = waitMs === 0 ? '' : ` within ${waitMs} ms`;
  return new NatsUnavailableError(`no NATS server answered at ${servers}${waited} (${reason(cause)}); start one, or set IRQMESH_NATS_URL`, { cause });
}

/** The innermost words: the client wraps the system's error. */
function reason(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (types.isNativeError(error.cause)) return reason(error.cause);
  return error.message === '' ? error.name : error.message;
}

/** Ends when the connection is closed. */
async function reportStatus(connection: NatsConnection, name: string, logger: Logger): Promise<void> {
  for await (const status of connection.status()) reportOne(status, name, logger);
}

function reportOne(status: Status, connection: string, logger: Logger): void {
  switch (status.type) {
    case 'disconnect':
      return logger.warn({ connection, nats: status.server }, 'lost the connection to NATS; reconnecting');
    case 'reconnect':
      return logger.info({ connection, nats: status.server }, 'connected to NATS again');
    case 'error':
      return logger.error({ connection, err: status.error }, `NATS: ${status.error.message}`);
    case 'staleConnection':
      return logger.warn({ connection }, 'NATS does not answer pings');
    case 'ldm':
      return logger.warn({ connection, nats: status.server }, 'the NATS server is about to stop; it asks to go to another one');
    case 'slowConsumer':
      return logger.warn({ connection, subject: status.sub.getSubject(), pending: status.pending }, 'messages from NATS pile up');
    case 'reconnecting':
    case 'ping':
    case 'update':
    case 'forceReconnect':
    case 'close':
      return logger.debug({ connection, status: status.type }, 'NATS connection');
  }
}
