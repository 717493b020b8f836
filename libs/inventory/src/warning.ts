/**
 * What a reader could not use, or used in a way the user should know of.
 * `warning`: something in the input is damaged, ambiguous or not supported. `notice`: input that is fine but left out
 * (a shell prompt, a USB hostdev), or a decision taken for the user.
 */
export type WarningLevel = 'warning' | 'notice';

export interface Warning {
  /** Name of the source the user gave: a file's name, as a rule. For what concerns a host as a whole, the host's name. */
  readonly source: string;
  /** Line in the source, from 1; 0 when the source as a whole is meant. */
  readonly line: number;
  /** Last line it holds for, when more than one. */
  readonly lastLine?: number;
  readonly level: WarningLevel;
  /** A sentence without the place. */
  readonly reason: string;
}

/** The most warnings kept for one source; what comes after is summed up in one more. */
export const MAX_WARNINGS_PER_SOURCE = 500;

/** Collects the warnings of one source, bounded. */
export class WarningLog {
  readonly #source: string;
  readonly #warnings: Warning[] = [];
  #overflow: { line: number; lastLine: number; count: number } | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  warn(line: number, reason: string, lastLine = line): void {
    this.say('warning', line, reason, lastLine);
  }

  notice(line: number, reason: string, lastLine = line): void {
    this.say('notice', line, reason, lastLine);
  }

  say(level: WarningLevel, line: number, reason: string, lastLine = line): void {
    if (this.#warnings.length < MAX_WARNINGS_PER_SOURCE) {
      this.#warnings.push({ source: this.#source, line, ...(lastLine > line ? { lastLine } : {}), level, reason });
      return;
    }
    this.#overflow ??= { line, lastLine, count: 0 };
    this.#overflow.line = Math.min(this.#overflow.line, line);
    this.#overflow.lastLine = Math.max(this.#overflow.lastLine, lastLine);
    this.#overflow.count += 1;
  }

  /** All of them in the order of their lines. */
  list(): Warning[] {
    const sorted = this.#warnings.toSorted((a, b) => a.line - b.line);
    if (this.#overflow === undefined) return sorted;
    const { line, lastLine, count } = this.#overflow;
    return [...sorted, { source: this.#source, line, lastLine, level: 'warning', reason: `${count} more warnings between these lines are not listed` }];
  }
}

/** Collects the warnings of several sources, each bounded. */
export class LogBySource {
  readonly #logs = new Map<string, WarningLog>();

  of(source: string): WarningLog {
    const known = this.#logs.get(source) ?? new WarningLog(source);
    this.#logs.set(source, known);
    return known;
  }

  list(): Warning[] {
    return [...this.#logs.values()].flatMap((log) => log.list());
  }
}

/** `host-a/interrupts.txt:12: warning: the row ends inside its counters`; the place of a whole source is its name alone. */
export function formatWarning({ source, line, lastLine, level, reason }: Warning): string {
  const place = line === 0 ? source : lastLine === undefined ? `${source}:${line}` : `${source}:${line}-${lastLine}`;
  return `${place}: ${level}: ${reason}`;
}

/**
 * Text of a foreign file made fit for a message or a terminal: control characters (escape sequences among them) become
 * `?`, and what is longer than `maxLength` characters is cut with an ellipsis.
 */
export function printable(text: string, maxLength = 48): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?').trim();
  const characters = Array.from(clean.slice(0, 2 * maxLength + 2));
  return characters.length <= maxLength ? clean : `${characters.slice(0, maxLength - 1).join('')}…`;
}

/** `printable` between quotes. */
export function quoted(text: string, maxLength = 48): string {
  return `"${printable(text, maxLength)}"`;
}
