import stringWidth from 'string-width';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly align?: 'right';
}

const GAP = '  ';

/** Lines with a title above each column, each column as wide as its widest cell; without rows, only the titles. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((title) => stringWidth(title));
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at]!, stringWidth(cell));
  return [titles, ...rows].map((row) => `${line(row, columns, widths)}\n`).join('');
}

function line(cells: readonly string[], columns: readonly Column[], widths: readonly number[]): string {
  const padded = cells.map((cell, at) => {
    const padding = ' '.repeat(widths[at]! - stringWidth(cell));
    return columns[at]!.align === 'right' ? padding + cell : cell + padding;
  });
  return padded.join(GAP).trimEnd();
}
