import { styleText } from 'node:util';
import stringWidth from 'string-width';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** A line of a frame. */
export type Line = readonly Span[];

export function span(text: string, style?: Style): Span {
  return { text, style };
}

/** The line cut to a width in columns; what is cut ends with `…`. */
export function cut(line: Line, width: number): Line {
  if (widthOf(line) <= width) return line;
  const result: Span[] = [];
  let left = width - 1;
  for (const { text, style } of line) {
    const part = prefix(text, left);
    result.push({ text: part, style });
    left -= stringWidth(part);
    if (part !== text) break;
  }
  return width < 1 ? [] : [...result, span('…')];
}

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + stringWidth(text), 0);
}

/** The text filled up with spaces, or cut, to exactly this many columns. */
export function column(text: string, width: number): string {
  const fitting = cut([span(text)], width).map((part) => part.text).join('');
  return fitting + ' '.repeat(Math.max(0, width - stringWidth(fitting)));
}

/** Words spread over lines of at most `width` columns; a longer word is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = cut([span(word)], width).map((part) => part.text).join('');
  }
  return line === '' ? lines : [...lines, line];
}

/** The line as text, with colours or without. */
export function render(line: Line, colours: boolean): string {
  if (!colours) return line.map(({ text }) => text).join('');
  return line.map(({ text, style }) => (style === undefined ? text : styleText(style, text, { validateStream: false }))).join('');
}

function prefix(text: string, width: number): string {
  let result = '';
  let used = 0;
  for (const character of text) {
    used += stringWidth(character);
    if (used > width) break;
    result += character;
  }
  return result;
}
