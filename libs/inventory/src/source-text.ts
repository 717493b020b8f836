import type { WarningLog } from './warning.ts';

/** A named text to read: usually a file. The name is what warnings point to. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** The longest text read of one source, in characters: /proc/interrupts of 512 CPUs with 3,000 rows takes 17 million. */
export const MAX_SOURCE_CHARACTERS = 32 * 1024 * 1024;
/** The longest XML or shell text read, in characters. A domain takes some 15,000. */
export const MAX_MARKUP_CHARACTERS = 8 * 1024 * 1024;
/** The longest line, in characters: a row of 8,192 CPUs (the kernel's limit) takes 90,000. */
export const MAX_LINE_CHARACTERS = 128 * 1024;

/** Text without byte order mark and with plain line ends, cut to `maxCharacters` with a warning at the line of the cut. */
export function normalizeText(text: string, maxCharacters: number, log: WarningLog): string {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  const kept = text.slice(start, start + maxCharacters).replaceAll('\r\n', '\n');
  if (text.length - start > maxCharacters) {
    const line = countLines(kept);
    const total = text.length - start;
    log.warn(line, `the source holds ${total} characters, more than the ${maxCharacters} that are read; the rest from here on is left out`, line + countLines(text.slice(start + maxCharacters)) - 1);
  }
  return kept;
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/** Finds the line of an offset by bisection. */
export class LineIndex {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** Line of the character at `offset`, from 1. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }
}

/** `dir/win10.xml` → `win10`. */
export function baseName(source: string): string {
  return source.split('/').at(-1)!.replace(/\.[a-z]{1,4}$/i, '') || 'vm';
}
