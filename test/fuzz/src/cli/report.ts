import { duration, grouped } from '@irqmesh/test-cli';
import type { Finding } from '../pool/messages.ts';
import type { TargetResult } from '../pool/run-target.ts';

/** Longer inputs are not printed whole; the command makes them again. */
const MAX_INPUT_CHARACTERS = 4_000;

/** What was found, the input, and the command that repeats it. */
export function findingText({ target, kind, inputNumber, sentence, input }: Finding, seed: number): string {
  const shown = input === undefined ? [] : [`  input: ${input.length <= MAX_INPUT_CHARACTERS ? input : `${input.slice(0, MAX_INPUT_CHARACTERS)}… (${grouped(input.length)} characters)`}`];
  const repeat = kind === 'memory' ? `npm run fuzz -- --target ${target} --seed ${seed} --inputs ${inputNumber + 1}` : `npm run fuzz -- --target ${target} --seed ${seed} --input ${inputNumber}`;
  return [`${target}: ${kind} at input ${inputNumber} of seed ${seed}:`, `  ${sentence.replaceAll('\n', '\n  ')}`, ...shown, `  ${repeat}`].join('\n');
}

const COLUMNS = ['target', 'inputs', 'accepted', 'refused', 'slowest', 'heap', 'findings'] as const;

/** A row for each target and one for all. */
export function table(results: readonly TargetResult[]): string {
  const sum = (key: 'inputs' | 'accepted' | 'refused') => results.reduce((total, result) => total + result[key], 0);
  const all = {
    target: 'all', inputs: sum('inputs'), accepted: sum('accepted'), refused: sum('refused'), slowestMs: Math.max(0, ...results.map(({ slowestMs }) => slowestMs)),
    growthBytes: Math.max(0, ...results.map(({ growthBytes }) => growthBytes)), findings: results.flatMap(({ findings }) => findings),
  };
  const rows = [[...COLUMNS], ...[...results, all].map(cells)];
  const widths = COLUMNS.map((_column, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ')).join('\n');
}

function cells({ target, inputs, accepted, refused, slowestMs, growthBytes, findings }: TargetResult): string[] {
  return [target, grouped(inputs), grouped(accepted), grouped(refused), `${slowestMs.toFixed(1)} ms`, `+${(growthBytes / 1024 / 1024).toFixed(1)} MiB`, String(findings.length)];
}

/** `12,345 inputs in 12.3 s, 1,003 a second`. */
export function speed(inputs: number, seconds: number): string {
  return `${grouped(inputs)} inputs in ${duration(seconds)}, ${grouped(inputs / Math.max(seconds, 0.001))} a second`;
}
