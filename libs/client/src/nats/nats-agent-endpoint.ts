import { Errno, IrqBypassError } from '@irqmesh/domain';
import {
  agentSubject, CONTENT_TYPE_HEADER, decodeHoldingsRequest, decodeInvokeRequest, encodeHoldingsReply, encodeInvokeReply, parseContentType, replyContentType,
} from '@irqmesh/protocol';
import type { AgentVerb, ContentType, InvokeItemMessage, InvokeOutcomeMessage, ParsedItem } from '@irqmesh/protocol';
import { headers } from '@nats-io/nats-core';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import type { ClientLog } from '../log.ts';
import type { AgentEndpoint, AgentHandler, Listening } from '../session/agent-endpoint.ts';

/** Takes the registries' calls to this host's sessions from NATS. */
export class NatsAgentEndpoint implements AgentEndpoint {
  private readonly connection: NatsConnection;
  private readonly host: string;
  private readonly log: ClientLog;

  constructor(connection: NatsConnection, host: string, log: ClientLog) {
    this.connection = connection;
    this.host = host;
    this.log = log;
  }

  async listen(session: string, handler: AgentHandler): Promise<Listening> {
    const subscriptions = [
      this.subscribe(session, 'invoke', (payload, contentType) => answerInvoke(handler, payload, contentType)),
      this.subscribe(session, 'holdings', async (payload, contentType) => {
        decodeHoldingsRequest(payload, contentType);
        return encodeHoldingsReply(handler.holdings(), contentType);
      }),
    ];
    await this.connection.flush();
    return {
      close: async () => {
        for (const subscription of subscriptions) subscription.unsubscribe();
      },
    };
  }

  private subscribe(session: string, verb: AgentVerb, answer: (payload: Uint8Array, contentType: ContentType) => Promise<Uint8Array>) {
    const subject = agentSubject(this.host, session, verb);
    return this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return this.log.warn(`the agent cannot be reached at ${subject}`, { error });
        void this.reply(message, answer);
      },
    });
  }

  private async reply(message: Msg, answer: (payload: Uint8Array, contentType: ContentType) => Promise<Uint8Array>): Promise<void> {
    const header = message.headers?.get(CONTENT_TYPE_HEADER);
    try {
      const contentType = parseContentType(header);
      this.respond(message, await answer(message.data, contentType), contentType);
    } catch (error) {
      if (!(error instanceof IrqBypassError)) this.log.warn(`a call on ${message.subject} failed`, { error });
      const failure = error instanceof IrqBypassError ? error : new IrqBypassError(Errno.EIO, 'the agent failed; its log tells why');
      const contentType = replyContentType(header);
      this.respond(message, encodeInvokeReply({ items: [], failure }, contentType), contentType);
    }
  }

  private respond(message: Msg, payload: Uint8Array, contentType: ContentType): void {
    // A caller that asks again finds the answer in the agent's memory.
    if (this.connection.isClosed()) return;
    const named = headers();
    named.set(CONTENT_TYPE_HEADER, contentType);
    message.respond(payload, { headers: named });
  }
}

async function answerInvoke(handler: AgentHandler, payload: Uint8Array, contentType: ContentType): Promise<Uint8Array> {
  const parsed = decodeInvokeRequest(payload, contentType);
  const outcomes = await handler.invoke(parsed.flatMap((item) => (item.value === undefined ? [] : [item.value])));
  return encodeInvokeReply({ items: inOrder(parsed, outcomes) }, contentType);
}

/** An outcome for each item asked; those that could not be read are refused, and say why. */
function inOrder(parsed: readonly ParsedItem<InvokeItemMessage>[], outcomes: readonly InvokeOutcomeMessage[]): InvokeOutcomeMessage[] {
  let next = 0;
  return parsed.map((item) => (item.error === undefined ? outcomes[next++]! : { status: 'refused', runs: [], message: item.error.message }));
}
