import { MAX_LINE_CHARACTERS, MAX_SOURCE_CHARACTERS, normalizeText } from '../source-text.ts';
import type { Source } from '../source-text.ts';
import { quoted, WarningLog } from '../warning.ts';
import { readVfioActions } from './action.ts';
import { leadingNumbers, MAX_COUNTER, splitCounters } from './counters.ts';
import type { CountedRow } from './counters.ts';
import { parseHeader } from './header.ts';
import type { ArchRow, InterruptRow, InterruptsDump } from './model.ts';
import { parseRowTail, pciVectorOf } from './row-tail.ts';

const IRQ_ROW = /^\s*(\d{1,9}):(.*)$/;
const ARCH_ROW = /^\s*([A-Z][A-Z0-9/]{1,5}|Err|IPI\d{1,2}):(.*)$/;
/** Rows with one number at any count of CPUs. */
const SINGLE_NUMBER = /^(?:ERR|MIS|Err)$/;
/** What people paste along with a dump: markdown fences, comments, and the command at a shell's prompt. */
const PASTED = /^\s*(?:```|~~~|\/\*|\/\/|#)|\/proc\/interrupts|^\S*@\S*\s*[:~#$%]|^\s*[$%➜]/u;

/**
 * Counters that rows lack and that are taken as 0, in all rows of a dump together: a row without any is three characters
 * long and would take one for each of 8,192 CPUs.
 */
const MAX_MISSING_COUNTERS = 1024 * 1024;

interface Line {
  readonly number: number;
  readonly text: string;
}

/** A line that is a row by its label. */
interface LabelledLine {
  readonly line: number;
  readonly label: string;
  readonly rest: string;
}

/**
 * Reads a /proc/interrupts of any kernel from 2.6 on, x86 or ARM, as far as it goes (kernel/irq/proc.c,
 * arch/x86/kernel/irq.c). It never throws: each line that is not blank becomes the header, a row, or is named in a
 * warning, and a damaged row is kept with what can be read of it.
 */
export function parseInterrupts({ name, text }: Source): InterruptsDump {
  const log = new WarningLog(name);
  const lines = readableLines(normalizeText(text, MAX_SOURCE_CHARACTERS, log), log);
  const headerAt = lines.findIndex(({ text: line }) => parseHeader(line) !== undefined);
  const own = beforeNextDump(lines, headerAt, log);
  const { irqLines, archLines } = classify(own, headerAt, log);
  const cpus = cpusOf(lines[headerAt], [...irqLines, ...archLines], log);
  const rows = irqRows(irqLines, cpus.length, log);
  const archRows = archLines.map((line) => parseArchRow(line, cpus.length, log));
  if (rows.length + archRows.length === 0) log.warn(0, 'no row of /proc/interrupts was found');
  warnOfRepeatedRows(rows, log);
  return { source: name, cpus, headerLine: lines[headerAt]?.number, rows, archRows, warnings: log.list() };
}

/** Lines that are not blank; says where blank lines stand between rows, and which lines are too long to be rows. */
function readableLines(text: string, log: WarningLog): Line[] {
  const all = text.split('\n');
  const lines: Line[] = [];
  const blanks: number[] = [];
  for (const [at, line] of all.entries()) {
    if (line.trim() === '') blanks.push(at + 1);
    else if (line.length > MAX_LINE_CHARACTERS) log.warn(at + 1, `the line holds ${line.length} characters, more than the ${MAX_LINE_CHARACTERS} of the longest row, and is left out`);
    else lines.push({ number: at + 1, text: line });
  }
  const last = lines.at(-1)?.number ?? 0;
  const inside = blanks.filter((line) => line < last);
  if (inside.length > 0) log.notice(inside[0]!, `${inside.length} blank ${inside.length === 1 ? 'line' : 'lines'} between here and the last row`);
  if (all.at(-1) !== '') log.notice(all.length, 'the source does not end with a newline; its last row may be cut');
  return lines;
}

/** A second header starts another dump: a source holds one, so that counters are never mixed. */
function beforeNextDump(lines: readonly Line[], headerAt: number, log: WarningLog): readonly Line[] {
  if (headerAt === -1) return lines;
  const next = lines.findIndex(({ text }, at) => at > headerAt && parseHeader(text) !== undefined);
  if (next === -1) return lines;
  log.warn(lines[next]!.number, 'a second dump starts here and is left out; put it in a file of its own', lines.at(-1)!.number);
  return lines.slice(0, next);
}

function classify(lines: readonly Line[], headerAt: number, log: WarningLog): { irqLines: LabelledLine[]; archLines: LabelledLine[] } {
  const irqLines: LabelledLine[] = [];
  const archLines: LabelledLine[] = [];
  for (const [at, { number, text }] of lines.entries()) {
    if (at === headerAt) continue;
    const irq = IRQ_ROW.exec(text);
    const arch = irq === null ? ARCH_ROW.exec(text) : null;
    if (irq !== null) irqLines.push({ line: number, label: irq[1]!, rest: irq[2]! });
    else if (arch !== null) archLines.push({ line: number, label: arch[1]!, rest: arch[2]! });
    else if (PASTED.test(text)) log.notice(number, `${quoted(text)} is no row but was pasted along; left out`);
    else log.warn(number, `${quoted(text)} is no row of /proc/interrupts; left out`);
  }
  return { irqLines, archLines };
}

/** The header's CPUs, checked against the columns of the rows; without a header, as many as most rows have counters. */
function cpusOf(headerLine: Line | undefined, lines: readonly LabelledLine[], log: WarningLog): number[] {
  const columns = usualColumns(lines);
  if (headerLine === undefined) {
    if (lines.length > 0) log.warn(lines[0]!.line, `the header is missing; the ${columns} counters of most rows are taken for CPU0 to CPU${columns - 1}`);
    return Array.from({ length: columns }, (_, cpu) => cpu);
  }
  const { cpus, problems } = parseHeader(headerLine.text)!;
  for (const problem of problems) log.warn(headerLine.number, problem);
  if (columns <= cpus.length) return [...cpus];
  const next = cpus.at(-1)! + 1;
  log.warn(headerLine.number, `the header names ${cpus.length} CPUs, most rows have ${columns} counters; those past the header are taken for CPU${next} and following`);
  return [...cpus, ...Array.from({ length: columns - cpus.length }, (_, at) => next + at)];
}

/** The most frequent count of counters in a row, 1 at least; the larger one of two that are as frequent. */
function usualColumns(lines: readonly LabelledLine[]): number {
  const frequency = new Map<number, number>();
  for (const { label, rest } of lines) {
    if (SINGLE_NUMBER.test(label)) continue;
    const columns = leadingNumbers(rest).length;
    frequency.set(columns, (frequency.get(columns) ?? 0) + 1);
  }
  const [most] = [...frequency].toSorted(([columnsA, a], [columnsB, b]) => b - a || columnsB - columnsA);
  return Math.max(1, most?.[0] ?? 1);
}

function irqRows(lines: readonly LabelledLine[], cpuCount: number, log: WarningLog): InterruptRow[] {
  const rows: InterruptRow[] = [];
  let missing = 0;
  for (const line of lines) {
    const counted = splitCounters(line.rest, cpuCount);
    missing += counted.missing;
    if (missing > MAX_MISSING_COUNTERS) {
      log.warn(line.line, `more than ${MAX_MISSING_COUNTERS} counters are missing; the rows from here on are left out`, lines.at(-1)!.line);
      break;
    }
    rows.push(parseIrqRow(line, counted, log));
  }
  return rows;
}

function parseIrqRow({ line, label }: LabelledLine, { counts, tail, problems }: CountedRow, log: WarningLog): InterruptRow {
  const { problem, ...parts } = parseRowTail(tail);
  const pci = pciVectorOf({ ...parts, problem });
  const reading = readVfioActions(parts.actions, pci);
  const all = [...problems, ...(problem === undefined ? [] : [problem]), ...reading.problems];
  if (all.length > 0) log.warn(line, `irq ${label}: ${all.join('; ')}`);
  return { line, irq: Number(label), counts, ...parts, pci, vfio: reading.vfio };
}

function parseArchRow({ line, label, rest }: LabelledLine, cpuCount: number, log: WarningLog): ArchRow {
  const numbers = leadingNumbers(rest).slice(0, cpuCount).map(Number);
  const description = rest.trim().split(/\s+/).slice(numbers.length).join(' ');
  const expected = SINGLE_NUMBER.test(label) ? 1 : cpuCount;
  const problems: string[] = [];
  if (numbers.length < expected) problems.push(`has ${numbers.length} of ${expected} counters`);
  else if (expected > 1 && description === '') problems.push('ends before its description');
  if (numbers.some((count) => count > MAX_COUNTER)) problems.push('has a counter of more than 32 bits, taken as 0');
  if (problems.length > 0) log.warn(line, `the row ${label} ${problems.join(' and ')}`);
  return { line, label, counts: numbers.map((count) => (count > MAX_COUNTER ? 0 : count)), description };
}

function warnOfRepeatedRows(rows: readonly InterruptRow[], log: WarningLog): void {
  const first = new Map<number, number>();
  for (const { irq, line } of rows) {
    const earlier = first.get(irq);
    if (earlier === undefined) first.set(irq, line);
    else log.warn(line, `irq ${irq} stands in line ${earlier} already; both rows are kept`);
  }
}
