import { pick, repeats } from './steps.ts';
import type { Step } from './steps.ts';

/** Characters that an input is not grown beyond: enough for what takes its time squared to show. */
export const MAX_CHARACTERS = 384 * 1024;

const NUMBERS = ['0', '-1', '4294967295', '4294967296', '99999999999999999999', '1e9', '0x10', '١', '8191', '8192', '65536', ''];
const CHARACTERS = ['\0', '\r', '\n', '\t', ' ', '\u00a0', '\u2028', '\ufeff', '\ud800', '\u001b[31m', ':', ',', '-', '.', '/', '\\', '"', "'", '$', '<', '&'];

type Mutation = (text: string, at: number, value: number, words: readonly string[]) => string;

/** On lines, columns and characters. `words` are what the format is made of. */
const MUTATIONS: readonly Mutation[] = [
  (text, at) => changeLine(text, at, () => undefined),
  (text, at, value) => changeLine(text, at, (line) => line.slice(0, value % (line.length + 1))),
  (text, at, value) => changeLine(text, at, (line) => changeColumn(line, value, () => '')),
  (text, at, value) => changeLine(text, at, (line) => changeColumn(line, value, () => pick(NUMBERS, value >>> 8))),
  (text, at, value) => changeLine(text, at, (line) => changeColumn(line, value, (column) => `${column} `.repeat(repeats(value >>> 8, column.length + 1, MAX_CHARACTERS)))),
  (text, at, value) => changeLine(text, at, (line) => `${line}\n`.repeat(repeats(value, line.length + 1, MAX_CHARACTERS))),
  (text, at, value) => changeLine(text, at, (line) => line + ' '.repeat(repeats(value, 1, MAX_CHARACTERS))),
  (text, at, value) => insertAt(text, at, pick(CHARACTERS, value)),
  (text, at, value, words) => insertAt(text, at, pick(words, value)),
  (text, at, value, words) => insertAt(text, at, pick(words, value).repeat(repeats(value >>> 8, pick(words, value).length, MAX_CHARACTERS))),
  (text, at, value) => insertAt(text, at, pick(CHARACTERS, value).repeat(repeats(value >>> 8, 1, MAX_CHARACTERS))),
  (text, at, value) => swapLines(text, at, value),
  (text, at, value) => text.slice(0, at % (text.length + 1)) + text.slice((at % (text.length + 1)) + (value % 200)),
  (text, at, value) => repeatSlice(text, at, value),
  (text, at) => text.slice(0, at % (text.length + 1)),
  (text) => text.replaceAll('\n', '\r\n'),
];

/** A text with the steps done to it. */
export function mutateText(text: string, steps: readonly Step[], words: readonly string[]): string {
  return steps.reduce((now, { op, at, value }) => bounded(pick(MUTATIONS, op)(now, at, value, words)), text);
}

/** Steps multiply. */
export function bounded(text: string): string {
  return text.slice(0, 2 * MAX_CHARACTERS);
}

export function insertAt(text: string, at: number, inserted: string): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + inserted + text.slice(place);
}

function changeLine(text: string, at: number, change: (line: string) => string | undefined): string {
  const lines = text.split('\n');
  const changed = change(pick(lines, at));
  lines.splice(at % lines.length, 1, ...(changed === undefined ? [] : [changed]));
  return lines.join('\n');
}

function changeColumn(line: string, at: number, change: (column: string) => string): string {
  const columns = line.split(/(?<=\s)(?=\S)/);
  columns[at % columns.length] = change(pick(columns, at));
  return columns.join('');
}

function swapLines(text: string, at: number, value: number): string {
  const lines = text.split('\n');
  const [one, other] = [at % lines.length, value % lines.length];
  [lines[one], lines[other]] = [lines[other]!, lines[one]!];
  return lines.join('\n');
}

/** A part of the text over and over: what a format's writer never repeats. */
function repeatSlice(text: string, at: number, value: number): string {
  const start = at % (text.length + 1);
  const part = text.slice(start, start + 1 + (value % 60));
  return text.slice(0, start) + part.repeat(repeats(value >>> 8, part.length, MAX_CHARACTERS)) + text.slice(start);
}
