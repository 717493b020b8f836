import type { HoldingsReplyMessage, InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';

/** What answers the registries' calls to one session. */
export interface AgentHandler {
  invoke(items: readonly InvokeItemMessage[]): Promise<InvokeOutcomeMessage[]>;
  holdings(): HoldingsReplyMessage;
}

/** An endpoint that listens. */
export interface Listening {
  /** Nothing is taken any more once this has resolved. */
  close(): Promise<void>;
}

/** Where the registries' calls to this host's sessions arrive. */
export interface AgentEndpoint {
  /** Begins to take calls to a session; resolves once they would arrive. */
  listen(session: string, handler: AgentHandler): Promise<Listening>;
}
