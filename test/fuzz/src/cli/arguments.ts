import { randomInt } from 'node:crypto';
import { parseFlags, parseWhole, UsageError } from '@irqmesh/test-cli';

export type FuzzCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  /** Either so many inputs, over all targets together, or so long. */
  | { readonly kind: 'run'; readonly targets: readonly string[]; readonly seed: number; readonly amount: { readonly inputs: number } | { readonly minutes: number } }
  | { readonly kind: 'input'; readonly target: string; readonly seed: number; readonly inputNumber: number };

const MAX_SEED = 2 ** 32;
const MAX_INPUTS = 2 ** 31 - 1;
const MAX_MINUTES = 7 * 24 * 60;
const DEFAULT_MINUTES = 1;

/** @param known names of the targets @throws UsageError for a command line that is wrong. */
export function parseCommandLine(argv: readonly string[], known: readonly string[]): FuzzCommand {
  const values = parseFlags(argv, {
    minutes: { type: 'string' },
    inputs: { type: 'string' },
    target: { type: 'string' },
    seed: { type: 'string' },
    input: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  if (values.minutes !== undefined && values.inputs !== undefined) throw new UsageError('give one of --minutes M and --inputs N');
  const targets = parseTargets(values.target, known);
  const seed = values.seed === undefined ? undefined : parseWhole('--seed', values.seed, 0, MAX_SEED);
  if (values.input !== undefined) {
    if (targets.length !== 1 || seed === undefined) throw new UsageError('--input goes with one --target and its --seed');
    if (values.minutes !== undefined || values.inputs !== undefined) throw new UsageError('--input runs one input, and takes neither --minutes nor --inputs');
    return { kind: 'input', target: targets[0]!, seed, inputNumber: parseWhole('--input', values.input, 0, MAX_INPUTS) };
  }
  const amount = values.inputs === undefined ? { minutes: parseMinutes(values.minutes) } : { inputs: parseWhole('--inputs', values.inputs, 1, MAX_INPUTS) };
  return { kind: 'run', targets, seed: seed ?? randomInt(MAX_SEED), amount };
}

function parseTargets(list: string | undefined, known: readonly string[]): readonly string[] {
  if (list === undefined) return known;
  const names = [...new Set(list.split(','))];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no target "${unknown}"; --list names them all`);
  return names;
}

function parseMinutes(text: string | undefined): number {
  if (text === undefined) return DEFAULT_MINUTES;
  const minutes = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || minutes <= 0 || minutes > MAX_MINUTES) throw new UsageError(`--minutes takes a number above 0, to ${MAX_MINUTES}, not "${text}"`);
  return minutes;
}
