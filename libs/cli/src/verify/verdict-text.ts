import type { Finding, VerifySummary } from '@irqmesh/replay';
import { harmless, printable } from '../output/printable.ts';
import { table } from '../output/table.ts';
import { wrap } from '../output/wrap.ts';
import type { Verdict } from './verify-records.ts';

/** The findings, what the log holds, and a last line with the verdict. */
export function verdictText({ findings, summary, complete }: Verdict): string {
  const parts = findings.map(findingText);
  const untold = summary.findings - findings.length;
  if (untold > 0) parts.push(`${untold} more event${untold === 1 ? ' does' : 's do'} not fit${findings.length === 1 ? '; --all names them' : ''}\n`);
  if (!complete) parts.push('The log cannot be read any further.\n');
  return [...parts, summaryTable(summary), lastLine(findings[0], summary)].join('\n');
}

function findingText({ sequence, type, token, invariant, sentence, before }: Finding): string {
  const lines = [wrap(harmless(`${named(sequence, type, token)} breaks ${invariant}: ${sentence}`), { indent: '  ' })];
  if (before.length > 0) lines.push(`  before it on its token: ${before.map((event) => `#${event.sequence} ${event.type}`).join(', ')}`);
  return `${lines.join('\n')}\n`;
}

function named(sequence: number, type: string | undefined, token: string | undefined): string {
  const what = [type, token === undefined ? undefined : printable(token)].filter((part) => part !== undefined).join(' ');
  return what === '' ? `event ${sequence}` : `event ${sequence} (${what})`;
}

function summaryTable(summary: VerifySummary): string {
  const { events, firstSequence, lastSequence, byType } = summary;
  const rows: [string, number][] = [
    [events === 0 ? 'events' : `events, ${firstSequence} to ${lastSequence}`, events],
    ...Object.entries(byType).sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, count]): [string, number] => [`  ${type}`, count]),
    ['tokens', summary.tokens],
    ['operations open at the end', summary.openOperations],
    ['outcomes made void by an expiry', summary.voidOutcomes],
    ['events without a checksum', summary.withoutChecksum],
    ['references too old to check', summary.notChecked],
    ['events that do not fit', summary.findings],
  ];
  return table([{ title: 'what the log holds' }, { title: 'count', align: 'right' }], rows.map(([what, count]) => [what, String(count)]));
}

function lastLine(first: Finding | undefined, { events, findings }: VerifySummary): string {
  if (first === undefined) return `verify: ok, ${events} events, every one fits\n`;
  return `verify: ${findings} of ${events} events do not fit; the first is ${harmless(named(first.sequence, first.type, first.token))}: ${first.invariant}\n`;
}
