import type { WarningLog } from '../warning.ts';
import type { Word } from './arguments.ts';

/** A simple command of a shell script: its words, assignments included. */
export type ShellCommand = readonly Word[];

/** Variables longer than this are not filled in, nor more than so many of them: their text must not grow without bound. */
const MAX_VALUE_CHARACTERS = 256;
const MAX_FILL_INS = 1000;

const BETWEEN_WORDS = /[ \t]/;
const BETWEEN_COMMANDS = /[\n;|&()]/;

/**
 * Cuts a shell script into commands and words: quotes, backslashes, line continuations and comments as in POSIX sh.
 * It runs nothing; of variables, only those set to plain text earlier in the script (`GPU=01:00.0`) are filled in.
 */
export function shellCommands(text: string, log: WarningLog): ShellCommand[] {
  return new ShellReader(text, log).run();
}

class ShellReader {
  readonly #text: string;
  readonly #log: WarningLog;
  readonly #commands: Word[][] = [];
  readonly #variables = new Map<string, string>();
  #words: Word[] = [];
  #word: { parts: string[]; line: number } | undefined;
  #at = 0;
  #line = 1;
  #fillIns = 0;

  constructor(text: string, log: WarningLog) {
    this.#text = text;
    this.#log = log;
  }

  run(): ShellCommand[] {
    while (this.#at < this.#text.length) this.#step(this.#text[this.#at]!);
    this.#endCommand();
    return this.#commands;
  }

  #step(char: string): void {
    if (char === '\\') this.#escape();
    else if (char === '"' || char === "'") this.#quoted(char);
    else if (char === '#' && this.#word === undefined) this.#skipComment();
    else if (BETWEEN_WORDS.test(char)) {
      this.#endWord();
      this.#at += 1;
    } else if (BETWEEN_COMMANDS.test(char)) {
      this.#endCommand();
      this.#advance(this.#at + 1);
    } else if (char === '$') this.#variable();
    else this.#plain();
  }

  /** Moves on and keeps the count of lines. */
  #advance(to: number): string {
    const passed = this.#text.slice(this.#at, to);
    for (const char of passed) if (char === '\n') this.#line += 1;
    this.#at = to;
    return passed;
  }

  #append(text: string): void {
    this.#word ??= { parts: [], line: this.#line };
    this.#word.parts.push(text);
  }

  /** A backslash at the end of a line joins it with the next, else it quotes one character. */
  #escape(): void {
    const next = this.#text[this.#at + 1];
    if (next !== undefined && next !== '\n') this.#append(next);
    this.#advance(Math.min(this.#at + 2, this.#text.length));
  }

  #quoted(quote: string): void {
    const end = this.#endOfQuote(quote);
    if (end === this.#text.length) this.#log.warn(this.#line, `the quote ${quote} has no end`);
    const inside = this.#text.slice(this.#at + 1, end);
    this.#append(quote === "'" ? inside : this.#fillIn(inside.replace(/\\\n/g, '').replace(/\\(["\\$`])/g, '$1')));
    this.#advance(Math.min(end + 1, this.#text.length));
  }

  /** Offset of the closing quote, or of the text's end. Within double quotes a backslash quotes the next character. */
  #endOfQuote(quote: string): number {
    let at = this.#at + 1;
    while (at < this.#text.length && this.#text[at] !== quote) at += quote === '"' && this.#text[at] === '\\' ? 2 : 1;
    return Math.min(at, this.#text.length);
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  #variable(): void {
    const match = /^\$(?:\{\w+\}|\w+|[^\s\w])?/.exec(this.#text.slice(this.#at, this.#at + 80))!;
    this.#append(this.#fillIn(match[0]));
    this.#advance(this.#at + match[0].length);
  }

  #fillIn(text: string): string {
    return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
      const value = this.#variables.get((braced ?? bare)!);
      if (value === undefined || this.#fillIns >= MAX_FILL_INS) return whole;
      this.#fillIns += 1;
      return value;
    });
  }

  #plain(): void {
    const pattern = /[\s\\"'$;|&()]/g;
    pattern.lastIndex = this.#at + 1;
    const end = pattern.exec(this.#text)?.index ?? this.#text.length;
    this.#append(this.#advance(end));
  }

  #endWord(): void {
    if (this.#word === undefined) return;
    const text = this.#word.parts.join('');
    const assignment = /^(\w{1,64})=([^$]*)$/.exec(text);
    if (assignment !== null && assignment[2]!.length <= MAX_VALUE_CHARACTERS) this.#variables.set(assignment[1]!, assignment[2]!);
    this.#words.push({ text, line: this.#word.line });
    this.#word = undefined;
  }

  #endCommand(): void {
    this.#endWord();
    if (this.#words.length > 0) this.#commands.push(this.#words);
    this.#words = [];
  }
}
