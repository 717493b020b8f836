import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import type { SessionName } from '../sessions/session-directory.ts';

/** What an agent says it holds, by request id. */
export interface AgentHoldings {
  readonly producer: readonly string[];
  readonly consumer: readonly string[];
}

/** Calls to agents. `undefined` means that no answer came in time, which says nothing about what was run. */
export interface AgentCaller {
  invoke(session: SessionName, items: readonly InvokeItemMessage[], timeoutMs: number): Promise<readonly InvokeOutcomeMessage[] | undefined>;
  holdings(session: SessionName, timeoutMs: number): Promise<AgentHoldings | undefined>;
}
