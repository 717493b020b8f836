/** The width of text for people. */
export const TEXT_WIDTH = 80;

/** Breaks a sentence at spaces so that no line is longer than `width`, but for a longer word; further lines are indented. */
export function wrap(sentence: string, { width = TEXT_WIDTH, indent = '' }: { readonly width?: number; readonly indent?: string } = {}): string {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
