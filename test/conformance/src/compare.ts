import { isDeepStrictEqual } from 'node:util';
import type { Observation, TraceCase, TraceEntry } from './trace.ts';

/** The first place where an observation differs from its golden case: both sides as text. */
export interface Difference {
  readonly where: string;
  readonly golden: readonly string[];
  readonly observed: readonly string[];
}

export function firstDifference(trace: TraceCase, observed: Observation): Difference | undefined {
  for (const [index, golden] of trace.trace.entries()) {
    const entry = observed.trace[index];
    if (isDeepStrictEqual(golden, entry)) continue;
    return { where: `operation ${index}: ${JSON.stringify(trace.ops[index])}`, golden: entryLines(golden), observed: entryLines(entry) };
  }
  for (const side of ['producers', 'consumers'] as const) {
    if (isDeepStrictEqual(trace.final[side], observed.final[side])) continue;
    return { where: `final state, ${side}`, golden: finalLines(trace.final[side]), observed: finalLines(observed.final[side]) };
  }
  return undefined;
}

function entryLines(entry: TraceEntry | undefined): string[] {
  if (entry === undefined) return ['(nothing)'];
  const warning = entry.warn === true ? ['warning'] : [];
  return [...entry.calls.map((call) => call.join(' ')), `return ${entry.ret}`, ...warning];
}

function finalLines(participants: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(participants)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([id, state]) => `${id} ${JSON.stringify(state)}`);
}

/** Both sides beside each other, a `!` where the lines differ. */
export function sideBySide({ where, golden, observed }: Difference): string {
  const width = Math.max(6, ...golden.map((line) => line.length));
  const rows = Array.from({ length: Math.max(golden.length, observed.length) }, (_, row) => {
    const left = golden[row] ?? '';
    const right = observed[row] ?? '';
    return `  ${left === right ? ' ' : '!'} ${left.padEnd(width)} | ${right}`;
  });
  return [`  ${where}`, `    ${'kernel'.padEnd(width)} | irqmesh`, ...rows].join('\n');
}
