/** What a worker is told: which inputs of a target to run. */
export interface WorkerTask {
  readonly targetName: string;
  /** Module that exports `targets`. */
  readonly targetsUrl: string;
  readonly seed: number;
  /** Number of the first input. */
  readonly from: number;
  /** Number after the last input; Infinity when only the time ends it. */
  readonly to: number;
  /** On the clock of `Date.now`; Infinity when only the count ends it. */
  readonly untilMs: number;
  /** Three numbers that the worker writes; see below. */
  readonly progress: Int32Array;
}

export interface Finding {
  readonly target: string;
  readonly kind: 'crash' | 'slow' | 'hang' | 'pollution' | 'memory';
  /** Of the input; of the last one for memory. */
  readonly inputNumber: number;
  readonly sentence: string;
  /** The smallest input found, to be pasted; undefined for memory and repeats of a known cause. */
  readonly input: string | undefined;
}

/** What a worker tells. */
export type WorkerMessage =
  | { readonly kind: 'batch'; readonly inputs: number; readonly accepted: number; readonly refused: number; readonly slowestMs: number; readonly growthBytes: number }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'done' };

/** Places in `progress`: the number of the input that is run; one that changes with each run; 1 while a batch is made, 0 while its inputs are run. */
export const AT_INPUT = 0;
export const RUNS = 1;
export const MAKING = 2;
/** An array for them. */
export function newProgress(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
}
