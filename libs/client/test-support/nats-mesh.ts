import {
  agentSubject, decodeHoldingsReply, decodeInvokeReply, decodeRegisterRequest, decodeResultRequest, decodeUnregisterRequest, encodeHoldingsRequest,
  encodeInvokeRequest, encodeRegistryReply, parseContentType, parseRegistrySubject, SESSIONS_BUCKET,
} from '@irqmesh/protocol';
import type { BatchMessage, InvokeReplyMessage, ParsedBatch, RegistryReplyMessage } from '@irqmesh/protocol';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { AgentHandler } from '../src/session/agent-endpoint.ts';
import { SystemClock } from '@irqmesh/domain/system';
import { MiniMesh } from './mini-mesh.ts';

const CALL_TIMEOUT_MS = 1_000;

/** A NATS server with a mini mesh on it that answers for both registries and calls agents, all over the wire. */
export class NatsMesh {
  readonly server: NatsServer;
  readonly connection: NatsConnection;
  readonly mesh: MiniMesh;

  static async start(ttlMs: number): Promise<NatsMesh> {
    const server = await startNatsServer();
    const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    await new Kvm(jetstream(connection)).create(SESSIONS_BUCKET, { ttl: ttlMs, markerTTL: 60_000, history: 1, allow_direct: false });
    const made = new NatsMesh(server, connection);
    connection.subscribe('irqmesh.rpc.*.*.*', { callback: (_error, message) => void made.answer(message) });
    await connection.flush();
    return made;
  }

  private constructor(server: NatsServer, connection: NatsConnection) {
    this.server = server;
    this.connection = connection;
    this.mesh = new MiniMesh(new SystemClock(), (host, session) => this.agent(host, session));
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.server.stop();
  }

  /** A call to an agent with this payload, as a registry would make it. */
  async invoke(host: string, session: string, payload: Uint8Array): Promise<InvokeReplyMessage> {
    const reply = await this.connection.request(agentSubject(host, session, 'invoke'), payload, { timeout: CALL_TIMEOUT_MS });
    return decodeInvokeReply(reply.data, parseContentType(reply.headers?.get('content-type')));
  }

  async holdings(host: string, session: string) {
    const reply = await this.connection.request(agentSubject(host, session, 'holdings'), encodeHoldingsRequest(), { timeout: CALL_TIMEOUT_MS });
    return decodeHoldingsReply(reply.data, 'application/protobuf');
  }

  private agent(host: string, session: string): AgentHandler {
    return {
      invoke: async (items) => {
        try {
          return [...(await this.invoke(host, session, encodeInvokeRequest(items))).items];
        } catch {
          // Nobody there: asked again until the session has been expired.
          return items.map(() => ({ status: 'unanswered', runs: [], message: '' }));
        }
      },
      holdings: () => ({ producerRequestIds: [], consumerRequestIds: [] }),
    };
  }

  private async answer(message: Msg): Promise<void> {
    const { side, verb, host } = parseRegistrySubject(message.subject);
    const caller = this.mesh.caller(host);
    const type = 'application/protobuf';
    let reply: RegistryReplyMessage;
    if (verb === 'register') reply = await caller.register(side, valid(decodeRegisterRequest(side, message.data, type)), 0);
    else if (verb === 'unregister') reply = await caller.unregister(side, valid(decodeUnregisterRequest(message.data, type)), 0);
    else reply = await caller.result(side, valid(decodeResultRequest(message.data, type)), 0);
    message.respond(encodeRegistryReply(reply, type));
  }
}

function valid<Item>(batch: ParsedBatch<Item>): BatchMessage<Item> {
  const items = batch.items.map((item) => {
    if (item.error !== undefined) throw item.error;
    return item.value;
  });
  return { ...batch, items };
}
