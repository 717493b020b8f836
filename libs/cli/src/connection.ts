import type { NatsConnection } from '@nats-io/nats-core';
import { ConfigError, connectNats, loadConfig, natsSettings, NatsUnavailableError } from '@irqmesh/platform/nats';
import type { NatsSettings } from '@irqmesh/platform/nats';
import { CommandError, ExitCode } from './command-error.ts';
import { readCurrentInstance } from './current-instance.ts';

/** Which server a command uses. */
export interface MeshAddress {
  readonly nats: NatsSettings;
  /** Where that server tells about itself, when it is known: it belongs to a running `irqmesh up` or `demo`. */
  readonly monitorUrl: string | undefined;
}

/** A connection to the mesh, and how it was found. */
export interface Mesh extends MeshAddress {
  readonly connection: NatsConnection;
}

/** A command says how it goes itself. */
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore, fatal: ignore };

function ignore(): void {}

/**
 * Which NATS server is meant: the one that IRQMESH_NATS_URL names, else that of an `irqmesh up` or `demo` that runs from
 * this folder, else the one on this machine's usual port.
 * @throws CommandError for a wrong value in the environment
 */
export function findMesh(env: NodeJS.ProcessEnv = process.env): MeshAddress {
  const isNamed = (env['IRQMESH_NATS_URL'] ?? '') !== '';
  const instance = isNamed ? undefined : readCurrentInstance();
  const found = instance === undefined ? env : { ...env, IRQMESH_NATS_URL: instance.natsUrl };
  try {
    // A person waits: what does not answer at once is not there.
    const { nats } = loadConfig({ ...found, IRQMESH_NATS_WAIT_MS: '0' }, { nats: natsSettings });
    return { nats, monitorUrl: instance?.monitorUrl };
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.problems.join('\n'), ExitCode.USAGE, { cause: error });
    throw error;
  }
}

/**
 * Connects, does something, and closes the connection.
 * @param command names the connection in the server's own listings
 * @throws CommandError (69) when there is no server, or it refuses the credentials
 */
export async function withMesh<T>(command: string, action: (mesh: Mesh) => Promise<T>): Promise<T> {
  const address = findMesh();
  const connection = await connectTo(address.nats, command);
  try {
    return await action({ ...address, connection });
  } finally {
    await connection.close();
  }
}

async function connectTo(nats: NatsSettings, command: string): Promise<NatsConnection> {
  try {
    return await connectNats(nats, { name: `irqmesh ${command}`, logger: SILENT });
  } catch (error) {
    if (error instanceof NatsUnavailableError) throw new CommandError(error.message, ExitCode.UNAVAILABLE, { cause: error });
    if (error instanceof ConfigError) throw new CommandError(error.problems.join('\n'), ExitCode.USAGE, { cause: error });
    throw error;
  }
}
