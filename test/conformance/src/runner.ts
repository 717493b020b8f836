import { firstDifference, sideBySide } from './compare.ts';
import type { Target } from './target.ts';
import { readCases } from './trace.ts';

export interface RunOptions {
  readonly files: readonly string[];
  readonly skipTags: readonly string[];
  /** At most so many cases of each file that are not skipped. */
  readonly limit?: number | undefined;
  readonly write: (line: string) => void;
}

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  operations: number;
}

/** Runs the cases of all files against a target and writes the first difference of each failing one. */
export async function runCases(target: Target, { files, skipTags, limit = Infinity, write }: RunOptions): Promise<Totals> {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, operations: 0 };
  const skip = new Set([...target.skipTags, ...skipTags]);
  for (const file of files) {
    let taken = 0;
    for await (const trace of readCases(file)) {
      if (taken >= limit) break;
      if (trace.tags.some((tag) => skip.has(tag))) {
        totals.skipped += 1;
        continue;
      }
      taken += 1;
      totals.operations += trace.ops.length;
      const difference = firstDifference(trace, await target.run(trace));
      if (difference === undefined) {
        totals.passed += 1;
      } else {
        totals.failed += 1;
        write(`FAILED ${trace.name}\n${sideBySide(difference)}`);
      }
    }
  }
  return totals;
}
