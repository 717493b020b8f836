import { styleText } from 'node:util';
import { harmless } from '../output/printable.ts';
import { TEXT_WIDTH, wrap } from '../output/wrap.ts';
import type { Check, CheckStatus } from './check.ts';

/** Colours a status; tells by itself whether the terminal wants colours. */
export type Paint = (status: CheckStatus, text: string) => string;

const COLORS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

/** Colours for standard output: none when it is no terminal, or NO_COLOR is set. */
export const paintForStdout: Paint = (status, text) => styleText(COLORS[status], text, { stream: process.stdout });

const STATUS_WIDTH = 6;

/** A line for each check, with what to do below it, and the count of each status. */
export function doctorReport(checks: readonly Check[], paint: Paint): string {
  const nameWidth = Math.max(...checks.map(({ name }) => name.length)) + 2;
  const indent = ' '.repeat(STATUS_WIDTH + nameWidth);
  const text = (sentence: string): string => wrap(harmless(sentence), { width: TEXT_WIDTH - indent.length }).replaceAll('\n', `\n${indent}`);
  const lines = checks.map(({ name, status, message, advice }) => {
    const first = `${paint(status, status.padEnd(STATUS_WIDTH))}${name.padEnd(nameWidth)}${text(message)}`;
    return advice === undefined ? first : `${first}\n${indent}${text(`→ ${advice}`)}`;
  });
  return `${lines.join('\n')}\n\n${countText(checks)}\n`;
}

/** `9 ok, 1 warning, 0 failures`. */
function countText(checks: readonly Check[]): string {
  const [good, warnings, failures] = (['ok', 'warn', 'fail'] as const).map((status) => checks.filter((check) => check.status === status).length);
  return `${good} ok, ${warnings} warning${warnings === 1 ? '' : 's'}, ${failures} failure${failures === 1 ? '' : 's'}`;
}
