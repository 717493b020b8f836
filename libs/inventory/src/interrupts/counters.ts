import { quoted } from '../warning.ts';

/** A counter of /proc/interrupts is an unsigned 32-bit number and starts again at 0 after this. */
export const MAX_COUNTER = 0xffffffff;

/**
 * How many interrupts came between two readings of one counter, 0 to 2^32 - 1. A later reading that is lower means the
 * counter wrapped (once: more wraps cannot be told).
 */
export function counterDelta(before: number, after: number): number {
  return after >= before ? after - before : after + MAX_COUNTER + 1 - before;
}

/** A row without its label, cut into counters and the rest. */
export interface CountedRow {
  readonly counts: readonly number[];
  /** Counters that the row lacks; they are 0 in `counts`. */
  readonly missing: number;
  /** What follows the counters. */
  readonly tail: string;
  readonly problems: readonly string[];
}

const LEADING_NUMBERS = /^\s*(?:\d+(?:\s+|$))*/;

/** The leading words of `text` that are numbers. */
export function leadingNumbers(text: string): string[] {
  return LEADING_NUMBERS.exec(text)![0].split(/\s+/).filter((word) => word !== '');
}

/**
 * Cuts a row's text into at most `cpuCount` counters and the tail. A column that is no number counts as 0, as long as
 * most columns are numbers; missing columns count as 0; both are said.
 */
export function splitCounters(text: string, cpuCount: number): CountedRow {
  const words = firstWords(text, cpuCount);
  const numbers = words.filter(({ word }) => isNumber(word)).length;
  const columnsHold = words.length === cpuCount && numbers * 2 > cpuCount;
  const leading = words.findIndex(({ word }) => !isNumber(word));
  const taken = columnsHold || leading === -1 ? words : words.slice(0, leading);
  const problems: string[] = [];
  const counts = taken.map(({ word }) => {
    const count = isNumber(word) ? Number(word) : Number.NaN;
    if (count <= MAX_COUNTER) return count;
    problems.push(`${quoted(word)} is no 32-bit counter and is taken as 0`);
    return 0;
  });
  if (counts.length < cpuCount) problems.push(`the row has ${counts.length} of ${cpuCount} counters; the missing ones are taken as 0`);
  const rest = text.slice(taken.at(-1)?.end ?? 0);
  const surplus = leadingNumbers(rest).length;
  if (surplus > 0) problems.push(`numbers beyond the ${cpuCount} counters are left out: ${surplus}`);
  const missing = cpuCount - counts.length;
  return { counts: [...counts, ...Array<number>(missing).fill(0)], missing, tail: rest.replace(LEADING_NUMBERS, ''), problems };
}

function isNumber(word: string): boolean {
  return /^\d+$/.test(word);
}

function firstWords(text: string, limit: number): { word: string; end: number }[] {
  const words: { word: string; end: number }[] = [];
  const pattern = /\S+/g;
  while (words.length < limit) {
    const match = pattern.exec(text);
    if (match === null) break;
    words.push({ word: match[0], end: pattern.lastIndex });
  }
  return words;
}
