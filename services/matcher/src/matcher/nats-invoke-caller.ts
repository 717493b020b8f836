import type { Side } from '@irqmesh/domain';
import { CONTENT_TYPE_HEADER, decodeInvokeReply, encodeInvokeRequest, invokeSubject, parseContentType } from '@irqmesh/protocol';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { requestUnlessUnanswered } from '@irqmesh/registry';
import type { NatsConnection } from '@nats-io/nats-core';
import type { InvokeCaller } from './invoke-caller.ts';

/** Reaches the registries over NATS request and reply. */
export class NatsInvokeCaller implements InvokeCaller {
  private readonly connection: NatsConnection;

  constructor(connection: NatsConnection) {
    this.connection = connection;
  }

  async invoke(side: Side, items: readonly InvokeItemMessage[], timeoutMs: number): Promise<readonly InvokeOutcomeMessage[] | undefined> {
    const reply = await requestUnlessUnanswered(this.connection, invokeSubject(side), encodeInvokeRequest(items), timeoutMs);
    if (reply === undefined) return undefined;
    const { items: outcomes, failure } = decodeInvokeReply(reply.data, parseContentType(reply.headers?.get(CONTENT_TYPE_HEADER)));
    if (failure !== undefined) throw failure;
    return outcomes;
  }
}
