import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The most that the heap may grow from the first measurement on: what was compiled and cached fits, what leaks does not. */
export const MAX_GROWTH_BYTES = 16 * 1024 * 1024;

// A worker takes no flags of V8 by its options.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Watches what this thread's heap holds after a collection. */
export class HeapWatch {
  private firstBytes: number | undefined;
  /** From the first measurement to the highest one. */
  growthBytes = 0;

  /** @returns a sentence when the heap has grown beyond the bound. */
  measure(): string | undefined {
    collect();
    const { used_heap_size: used, external_memory: external } = getHeapStatistics();
    const bytes = used + external;
    this.firstBytes ??= bytes;
    this.growthBytes = Math.max(this.growthBytes, bytes - this.firstBytes);
    if (bytes - this.firstBytes <= MAX_GROWTH_BYTES) return undefined;
    return `the heap grew from ${mebibytes(this.firstBytes)} to ${mebibytes(bytes)} after collections, by more than ${mebibytes(MAX_GROWTH_BYTES)}`;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
