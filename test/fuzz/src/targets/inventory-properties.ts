import type { Warning } from '@irqmesh/inventory';
import { formatWarning } from '@irqmesh/inventory';

/** 500 of a source and one that sums up the others. */
const MAX_WARNINGS = 501;

/** @throws Error with the sentence when the property does not hold. */
export function holds(property: boolean, sentence: string): void {
  if (!property) throw new Error(sentence);
}

/** Warnings are bounded, each in one line, with nothing in it that moves a terminal's cursor. */
export function warningsHold(warnings: readonly Warning[], sources = 1): void {
  holds(warnings.length <= MAX_WARNINGS * sources, `there are ${warnings.length} warnings`);
  const wild = warnings.map(formatWarning).find((line) => /[\p{Cc}\p{Cs}]/u.test(line));
  holds(wild === undefined, `a warning holds control characters: ${JSON.stringify(wild)}`);
}
