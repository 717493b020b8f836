import { SystemClock, SystemRandom } from '@irqmesh/domain/system';
import { sleep } from '@irqmesh/domain';
import { connect as connectNats, errors } from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { unlessAborted } from './calls/settle.ts';
import { IrqMeshClient } from './client.ts';
import { consoleLog } from './log.ts';
import { NatsAgentEndpoint } from './nats/nats-agent-endpoint.ts';
import { NatsRegistryCaller } from './nats/nats-registry-caller.ts';
import { NatsSessionBucket } from './nats/nats-session-bucket.ts';
import { checkOptions } from './options.ts';
import type { ClientOptions } from './options.ts';

/** How to reach NATS, beside how the client behaves. */
export interface ConnectOptions extends ClientOptions {
  /** One or more NATS servers of the cluster, such as `nats://127.0.0.1:4222`. */
  readonly servers: string | readonly string[];
  /** Credentials and TLS, as the NATS client takes them. */
  readonly nats?: Pick<NodeConnectionOptions, 'user' | 'pass' | 'token' | 'authenticator' | 'tls'>;
}

/** A server that no longer answers is noticed after two of these. */
const PING_INTERVAL_MS = 5_000;
const RECONNECT_WAIT_MS = 500;
const RETRY_MS = 250;
/** How long the connection's last messages are waited for. */
const DRAIN_MS = 1_000;

/**
 * Connects a host to the mesh and opens its session.
 * @throws IrqBypassError -EINVAL for a wrong option. The last attempt's error when no NATS server answered, no registry
 *   had made the sessions' bucket, or no session could be opened, each within `connectTimeoutMs` (10 s unless given).
 */
export async function connect(options: ConnectOptions): Promise<IrqMeshClient> {
  const { connectTimeoutMs } = checkOptions(options);
  const { servers, host, nats, log = consoleLog } = options;
  const clock = new SystemClock();
  const startedMs = clock.monotonicMs();
  const leftMs = (): number => connectTimeoutMs - (clock.monotonicMs() - startedMs);
  const connection = await retry(clock, leftMs, () =>
    connectToNats({
      ...nats,
      servers: typeof servers === 'string' ? servers : [...servers],
      name: `irqmesh agent ${host}`,
      timeout: connectTimeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      pingInterval: PING_INTERVAL_MS,
      // Credentials may be renewed on the server while the agent runs.
      ignoreAuthErrorAbort: true,
    }),
  );
  try {
    // The registries make the bucket when they start, which may be at the same time.
    const bucket = await retry(clock, leftMs, () => NatsSessionBucket.open(connection));
    const ports = {
      bucket,
      clock,
      random: new SystemRandom(),
      caller: new NatsRegistryCaller(connection, host),
      endpoint: new NatsAgentEndpoint(connection, host, log),
    };
    const client = new IrqMeshClient(options, ports, { close: () => closeConnection(connection, clock) });
    void passOnStatus(connection, client);
    await client.start(Math.max(1, leftMs()));
    return client;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function connectToNats(options: NodeConnectionOptions): Promise<NatsConnection> {
  try {
    return await connectNats(options);
  } catch (cause) {
    if (cause instanceof errors.AuthorizationError) throw new Error(`the NATS server refuses the credentials (${cause.message})`, { cause });
    throw new Error(`no NATS server answers at ${[options.servers ?? []].flat().join(', ')} (${(cause as Error).message})`, { cause });
  }
}

/** Tries until no time is left; then the last error is thrown. Refused credentials are not tried again. */
async function retry<T>(clock: SystemClock, leftMs: () => number, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (leftMs() <= RETRY_MS || (error as Error).cause instanceof errors.AuthorizationError) throw error;
      await sleep(clock, RETRY_MS);
    }
  }
}

/** Ends when the connection is closed. */
async function passOnStatus(connection: NatsConnection, client: IrqMeshClient): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') client.connectionEvent('disconnected', status.server);
    if (status.type === 'reconnect') client.connectionEvent('reconnected', status.server);
  }
}

async function closeConnection(connection: NatsConnection, clock: SystemClock): Promise<void> {
  if (connection.isClosed()) return;
  const overdue = new AbortController();
  const timer = clock.after(DRAIN_MS, () => overdue.abort());
  await unlessAborted(connection.drain(), overdue.signal);
  timer.cancel();
  await connection.close();
}
