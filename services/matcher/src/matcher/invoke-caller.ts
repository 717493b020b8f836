import type { Side } from '@irqmesh/domain';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';

/** Calls to a side's registry. `undefined` means that no answer came in time, which says nothing about what was run. */
export interface InvokeCaller {
  invoke(side: Side, items: readonly InvokeItemMessage[], timeoutMs: number): Promise<readonly InvokeOutcomeMessage[] | undefined>;
}
