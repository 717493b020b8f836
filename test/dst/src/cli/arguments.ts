import { availableParallelism } from 'node:os';
import { parseFlags, parseWhole, UsageError } from '@irqmesh/test-cli';
import { FAULT_KINDS, FAULTS } from '../faults/fault-kinds.ts';
import type { Fault } from '../faults/fault-kinds.ts';
import { PROFILES } from '../faults/fault-plan.ts';
import type { Profile } from '../faults/fault-plan.ts';
import type { ShapeLimits } from '../run/shape.ts';

/** What every run of a command has in common. */
export interface RunChoice {
  readonly profile: Profile;
  readonly limits: ShapeLimits;
  readonly without: ReadonlySet<Fault>;
}

export type DstCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'faults' }
  /** All seeds from `first` to `last`, both included. */
  | { readonly kind: 'seeds'; readonly first: number; readonly last: number; readonly jobs: number; readonly firstFailure: boolean; readonly choice: RunChoice }
  | { readonly kind: 'seed'; readonly seed: number; readonly trace: string | undefined; readonly choice: RunChoice }
  | { readonly kind: 'regressions' };

const MAX_SEED = 2 ** 48;
const MAX_JOBS = 64;

/** @throws UsageError for a command line that is wrong. */
export function parseCommandLine(argv: readonly string[]): DstCommand {
  const values = parseOptions(argv);
  if (values.help) return { kind: 'help' };
  if (values.faults) return { kind: 'faults' };
  const modes = [values.seeds, values.seed, values.regressions || undefined].filter((value) => value !== undefined);
  if (modes.length !== 1) throw new UsageError('give one of --seeds A..B, --seed S and --regressions');
  if (values.trace !== undefined && values.seed === undefined) throw new UsageError('--trace goes with --seed: it writes one run');
  if (values.jobs !== undefined && values.seeds === undefined) throw new UsageError('--jobs goes with --seeds');
  if (values['first-failure'] && values.seeds === undefined) throw new UsageError('--first-failure goes with --seeds');
  if (values.regressions) {
    const [other] = [values.profile, values.hosts, values.tokens, values.lanes, values.registries, values.matchers, values['load-ms'], values.without].filter((value) => value !== undefined);
    if (other !== undefined) throw new UsageError('--regressions runs what the file says, and takes nothing else');
    return { kind: 'regressions' };
  }
  const choice = parseChoice(values);
  if (values.seed !== undefined) return { kind: 'seed', seed: parseWhole('--seed', values.seed, 0, MAX_SEED), trace: values.trace, choice };
  const jobs = values.jobs === undefined ? availableParallelism() : parseWhole('--jobs', values.jobs, 1, MAX_JOBS);
  return { kind: 'seeds', ...parseRange(values.seeds!), jobs, firstFailure: values['first-failure'], choice };
}

function parseOptions(argv: readonly string[]) {
  return parseFlags(argv, {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    regressions: { type: 'boolean', default: false },
    trace: { type: 'string' },
    profile: { type: 'string' },
    jobs: { type: 'string' },
    hosts: { type: 'string' },
    tokens: { type: 'string' },
    lanes: { type: 'string' },
    registries: { type: 'string' },
    matchers: { type: 'string' },
    'load-ms': { type: 'string' },
    without: { type: 'string' },
    'first-failure': { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
}

function parseChoice(values: ReturnType<typeof parseOptions>): RunChoice {
  const profile = PROFILES.find((known) => known === (values.profile ?? 'swarm'));
  if (profile === undefined) throw new UsageError(`there is no profile "${values.profile}": ${PROFILES.join(', ')}`);
  const limit = (flag: 'hosts' | 'tokens' | 'lanes' | 'registries' | 'matchers' | 'load-ms', high: number): number | undefined => {
    const value = values[flag];
    return value === undefined ? undefined : parseWhole(`--${flag}`, value, 1, high);
  };
  return {
    profile,
    limits: {
      hosts: limit('hosts', 3), tokens: limit('tokens', 4), lanes: limit('lanes', 5), registries: limit('registries', 2), matchers: limit('matchers', 3), loadMs: limit('load-ms', 40_000),
    },
    without: parseFaults(values.without),
  };
}

function parseFaults(list: string | undefined): ReadonlySet<Fault> {
  const names = list?.split(',') ?? [];
  const unknown = names.find((name) => !Object.hasOwn(FAULT_KINDS, name));
  if (unknown !== undefined) throw new UsageError(`there is no fault "${unknown}"; --faults lists them all`);
  return new Set(FAULTS.filter((fault) => names.includes(fault)));
}

function parseRange(text: string): { readonly first: number; readonly last: number } {
  const match = /^(\d+)\.\.(\d+)$/.exec(text);
  if (match === null) throw new UsageError(`--seeds takes a range such as 1..1000, not "${text}"`);
  const [first, last] = [parseWhole('--seeds', match[1]!, 0, MAX_SEED), parseWhole('--seeds', match[2]!, 0, MAX_SEED)];
  if (first > last) throw new UsageError(`--seeds ${text} ends before it begins`);
  return { first, last };
}
