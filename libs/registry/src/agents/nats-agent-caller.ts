import type { Msg, NatsConnection } from '@nats-io/nats-core';
import {
  agentSubject, CONTENT_TYPE_HEADER, decodeHoldingsReply, decodeInvokeReply, encodeHoldingsRequest, encodeInvokeRequest, parseContentType,
} from '@irqmesh/protocol';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { requestUnlessUnanswered } from './nats-request.ts';
import type { SessionName } from '../sessions/session-directory.ts';
import type { AgentCaller, AgentHoldings } from './agent-caller.ts';

/** Reaches agents over NATS request and reply. */
export class NatsAgentCaller implements AgentCaller {
  private readonly connection: NatsConnection;

  constructor(connection: NatsConnection) {
    this.connection = connection;
  }

  async invoke(session: SessionName, items: readonly InvokeItemMessage[], timeoutMs: number): Promise<readonly InvokeOutcomeMessage[] | undefined> {
    const reply = await requestUnlessUnanswered(this.connection, agentSubject(session.host, session.session, 'invoke'), encodeInvokeRequest(items), timeoutMs);
    if (reply === undefined) return undefined;
    const { items: outcomes, failure } = decodeInvokeReply(reply.data, contentTypeOf(reply));
    if (failure !== undefined) throw failure;
    return outcomes;
  }

  async holdings(session: SessionName, timeoutMs: number): Promise<AgentHoldings | undefined> {
    const reply = await requestUnlessUnanswered(this.connection, agentSubject(session.host, session.session, 'holdings'), encodeHoldingsRequest(), timeoutMs);
    if (reply === undefined) return undefined;
    const { producerRequestIds, consumerRequestIds } = decodeHoldingsReply(reply.data, contentTypeOf(reply));
    return { producer: producerRequestIds, consumer: consumerRequestIds };
  }
}

function contentTypeOf(message: Msg) {
  return parseContentType(message.headers?.get(CONTENT_TYPE_HEADER));
}
