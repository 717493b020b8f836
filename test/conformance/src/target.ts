import type { Observation, TraceCase } from './trace.ts';

/** Something that the golden cases are run against. */
export interface Target {
  readonly name: string;
  /** Cases with any of these tags ask for what the target cannot do. */
  readonly skipTags: readonly string[];
  run(trace: TraceCase): Promise<Observation>;
  /** Ends what the target started. */
  close(): Promise<void>;
}
