import { parseFlags, parseWhole, UsageError } from '@irqmesh/test-cli';
import { ALL_KINDS } from '../nemesis/nemesis-kinds.ts';
import type { NemesisKind } from '../nemesis/nemesis-kinds.ts';

/** NATS as one node, or three with three replicas; `both` takes turns. */
export type Nats = 'single' | 'cluster' | 'both';

export type ChaosCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'kinds' }
  | { readonly kind: 'run'; readonly forMs: number; readonly seed: number; readonly kinds: readonly NemesisKind[]; readonly nats: Nats; readonly hosts: number };

const NATS: readonly Nats[] = ['single', 'cluster', 'both'];
const MAX_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;
const MAX_HOSTS = 8;
const MAX_SEED = 2 ** 48;

const FLAGS = {
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string', default: '1' },
  nemesis: { type: 'string', default: 'all' },
  nats: { type: 'string', default: 'cluster' },
  hosts: { type: 'string', default: '3' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws UsageError for a command line that is wrong. */
export function parseCommandLine(argv: readonly string[]): ChaosCommand {
  const values = parseFlags(argv, FLAGS);
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'kinds' };
  const nats = NATS.find((known) => known === values.nats);
  if (nats === undefined) throw new UsageError(`--nats takes ${NATS.join(', ')}, not "${values.nats}"`);
  return {
    kind: 'run',
    forMs: parseMinutes(values.minutes) * MINUTE_MS,
    seed: parseWhole('--seed', values.seed, 0, MAX_SEED),
    kinds: parseKinds(values.nemesis),
    nats,
    hosts: parseWhole('--hosts', values.hosts, 1, MAX_HOSTS),
  };
}

function parseKinds(list: string): readonly NemesisKind[] {
  if (list === 'all') return ALL_KINDS;
  if (list === 'none') return [];
  const names = list.split(',');
  const unknown = names.find((name) => !ALL_KINDS.some((kind) => kind === name));
  if (unknown !== undefined) throw new UsageError(`the nemesis does not know "${unknown}"; --list shows what it does`);
  return ALL_KINDS.filter((kind) => names.includes(kind));
}

function parseMinutes(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > MAX_MINUTES) throw new UsageError(`--minutes takes a number above 0 and up to ${MAX_MINUTES}, not "${text}"`);
  return value;
}
