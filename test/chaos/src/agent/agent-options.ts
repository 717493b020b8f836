import type { CallbackFault, LaneShape } from '@irqmesh/test-load';

/** What an agent's process is started with, as JSON in its first argument. */
export interface AgentOptions {
  readonly natsUrl: string;
  readonly host: string;
  /** This run of the process: `host-a#2`. */
  readonly incarnation: string;
  readonly autoReopen: boolean;
  readonly requestTimeoutMs: number;
  readonly lanes: readonly LaneShape[];
  /** Names the stream of randomness that its load draws from. */
  readonly seed: string;
  /** With which probability each fault strikes a callback. */
  readonly callbackFaults: Readonly<Record<CallbackFault, number>>;
}

/** To the agent on its standard input: begin no more calls. It says `idle` when those under way have returned. */
export const END_LOAD = 'end-load';
