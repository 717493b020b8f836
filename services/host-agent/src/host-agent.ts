import { readFile } from 'node:fs/promises';
import { connect } from '@irqmesh/client';
import type { ClientLog, ConnectOptions, IrqMeshClient } from '@irqmesh/client';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import { formatWarning, readHostInventory } from '@irqmesh/inventory';
import { SystemClock } from '@irqmesh/domain/system';
import { ConfigError } from '@irqmesh/platform';
import type { Logger, NatsSettings, ServiceContext } from '@irqmesh/platform';
import { credsAuthenticator } from '@nats-io/transport-node';
import { HostControl } from './control/host-control.ts';
import type { HostSettings } from './host-settings.ts';
import { Host } from './simulation/host.ts';

export type HostAgentContext = ServiceContext<{ readonly nats: NatsSettings; readonly host: HostSettings }>;

/** A VM has thousands of registrations at most, and a service that was killed needs seconds to come back. */
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 30_000;

/** A simulated host: its inventory's devices and VMs, registered through the SDK as the kernel's drivers would. */
export class HostAgent {
  private readonly client: IrqMeshClient;
  private readonly control: HostControl;

  private constructor(client: IrqMeshClient, control: HostControl) {
    this.client = client;
    this.control = control;
  }

  /** Opens the host's session; it takes requests on its control subject when this has resolved. */
  static async open({ config, nats, logger, readiness }: HostAgentContext): Promise<HostAgent> {
    const { name, boot } = config.host;
    const { host: inventory, warnings } = await readInventory(config.host);
    for (const warning of warnings) logger[warning.level === 'warning' ? 'warn' : 'info'](formatWarning(warning));
    const client = await connect({
      servers: config.nats.servers,
      host: name,
      nats: await credentials(config.nats),
      log: clientLog(logger),
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
    readiness.add({ name: 'session', check: () => (client.session === undefined ? 'there is no open session' : undefined) });
    logEvents(client, logger);
    const host = new Host(inventory, boot, client, new SystemClock());
    const control = new HostControl(name, host, nats, logger);
    await nats.flush();
    logger.info({ host: name, boot, vms: inventory.vms.length, devices: inventory.devices.length, session: client.session }, 'the host is up');
    return new HostAgent(client, control);
  }

  /** An orderly stop of the host: everything unregisters, the session ends. */
  async close(): Promise<void> {
    this.control.stop();
    // With the session what is under way comes to its end, too.
    await this.client.close();
    await this.control.settled();
  }
}

async function readInventory({ name, inventoryPaths }: HostSettings): ReturnType<typeof readHostInventory> {
  try {
    return await readHostInventory(name, inventoryPaths);
  } catch (cause) {
    if (!(cause instanceof IrqBypassError)) throw cause;
    throw new ConfigError([`IRQMESH_INVENTORY: ${cause.message}`]);
  }
}

/** The SDK's connection logs in as the service's does, which has read the file before. */
async function credentials({ user, password, credsFile }: NatsSettings): Promise<NonNullable<ConnectOptions['nats']>> {
  if (credsFile !== undefined) return { authenticator: credsAuthenticator(await readFile(credsFile)) };
  return user !== undefined && password !== undefined ? { user, pass: password } : {};
}

function clientLog(logger: Logger): ClientLog {
  return { warn: (message, fields) => logger.warn(fields, message) };
}

function logEvents(client: IrqMeshClient, logger: Logger): void {
  client.on('sessionLost', (event) => logger.warn(event, 'the session is lost: every pair of this host is torn down'));
  client.on('sessionOpened', (event) => logger.info(event, 'a new session is open; what was registered is registered again'));
  client.on('registrationRestored', (event) => logger.info(event, 'registered again'));
  client.on('registrationLost', (event) => {
    if (!event.restoring) logger.error({ ...event, errno: event.error?.errno ?? Errno.ENODEV }, 'a registration is lost');
  });
  client.on('disconnected', ({ server }) => logger.warn({ nats: server }, 'the session has lost NATS'));
  client.on('reconnected', ({ server }) => logger.info({ nats: server }, 'the session has NATS again'));
}
