import { setTimeout as sleep } from 'node:timers/promises';
import { STREAM_NAME } from '@irqmesh/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { openJetStreamLog } from '../src/index.ts';
import type { EventLog, JetStreamLogOptions, RecordSource } from '../src/index.ts';

/** The name of the connections that logs use, in the server's listing. */
const LOG = 'log';

/** What `/connz` tells of a connection. */
interface ConnectionListing {
  readonly name: string;
  readonly subscriptions: number;
}

/** The stream of a real server: an admin's connection that looks after it, and logs opened on connections of their own. */
export class StreamUnderTest {
  private readonly connections: NatsConnection[] = [];

  private constructor(
    readonly server: NatsServer,
    readonly admin: NatsConnection,
    readonly manager: JetStreamManager,
  ) {}

  static async make(server: NatsServer): Promise<StreamUnderTest> {
    const admin = await connectTo(server, { name: 'admin' });
    return new StreamUnderTest(server, admin, await jetstreamManager(admin));
  }

  async connect(options: NodeConnectionOptions = {}): Promise<NatsConnection> {
    const connection = await connectTo(this.server, options);
    this.connections.push(connection);
    return connection;
  }

  async open(options: Partial<JetStreamLogOptions> = {}): Promise<EventLog & RecordSource> {
    return openJetStreamLog({ connection: options.connection ?? (await this.connect()), create: true, ...options });
  }

  async remove(): Promise<void> {
    await this.manager.streams.delete(STREAM_NAME);
  }

  /** The server crashes, comes back, and the logs' connections with it. */
  async crash(): Promise<void> {
    await this.server.kill();
    await this.server.restart();
    await this.connected();
  }

  /** Resolves when all open connections have a server again. */
  async connected(): Promise<void> {
    const open = [...this.connections, this.admin].filter((connection) => !connection.isClosed());
    for (let attempts = 0; (await this.listing()).length < open.length; attempts++) {
      if (attempts === 500) throw new Error('the connections did not come back');
      await sleep(20);
    }
  }

  private async listing(): Promise<ConnectionListing[]> {
    const { connections } = (await (await fetch(`${this.server.monitorUrl}/connz`)).json()) as { connections: ConnectionListing[] };
    return connections;
  }

  /** The logs' subscriptions, as the server sees them, and the stream's consumers. */
  async openHandles(): Promise<number> {
    await Promise.all(this.connections.map((connection) => connection.flush()));
    const { state } = await this.manager.streams.info(STREAM_NAME);
    // Each connection keeps one subscription for the replies to all its requests; it is not the log's.
    const logs = (await this.listing()).filter(({ name }) => name === LOG);
    return logs.reduce((sum, { subscriptions }) => sum + subscriptions - 1, state.consumer_count);
  }

  async dispose(): Promise<void> {
    await this.connected();
    const streams = await this.manager.streams.names().next();
    if (streams.includes(STREAM_NAME)) await this.remove();
    await Promise.all([...this.connections, this.admin].map((connection) => connection.close()));
  }
}

function connectTo(server: NatsServer, options: NodeConnectionOptions): Promise<NatsConnection> {
  return connect({ name: LOG, servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50, ...options });
}
