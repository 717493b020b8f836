import { basename, resolve } from 'node:path';
import { IrqBypassError, parseName } from '@irqmesh/domain';
import { formatWarning, readHostInventory } from '@irqmesh/inventory';
import type { HostInventory } from '@irqmesh/inventory';
import { InvalidArgumentError } from 'commander';
import { CommandError } from '../command-error.ts';
import { exampleHost, projectFolder } from '../supervise/paths.ts';

/** A host as the command line names it. */
export interface HostOption {
  readonly name: string;
  /** Absolute. */
  readonly paths: readonly string[];
}

/** A host with its inventory read. */
export interface DemoHost extends HostOption {
  readonly inventory: HostInventory;
  /** Each a line for people. */
  readonly warnings: readonly string[];
}

/** Each is a process of its own. */
const HOSTS_MAX = 16;
const EXAMPLES = ['host-a', 'host-b'];

/**
 * Reads one `--host NAME=PATH,PATH…`, for commander.
 * @throws InvalidArgumentError, upon which commander shows the message and ends with a usage error
 */
export function parseHostOption(text: string, before: readonly HostOption[] = []): readonly HostOption[] {
  const at = text.indexOf('=');
  if (at < 0) throw new InvalidArgumentError('It must be NAME=PATH: a name, and the file or folder with the host\'s inventory.');
  const name = hostName(text.slice(0, at));
  const paths = text.slice(at + 1).split(',').filter((path) => path !== '').map((path) => resolve(startFolder(), path));
  if (paths.length === 0) throw new InvalidArgumentError('No file or folder follows the "=".');
  if (before.some((host) => host.name === name)) throw new InvalidArgumentError(`Host ${name} is named twice; give all its files at once: ${name}=PATH,PATH.`);
  if (before.length >= HOSTS_MAX) throw new InvalidArgumentError(`At most ${HOSTS_MAX} hosts can be played.`);
  return [...before, { name, paths }];
}

/** The example hosts, none of which has a name of `taken`. */
export function exampleHosts(count: number, taken: readonly string[] = []): HostOption[] {
  const free = EXAMPLES.filter((name) => !taken.includes(name));
  return free.slice(0, count).map((name) => ({ name, paths: [exampleHost(name)] }));
}

/** @throws CommandError for an inventory that cannot be read */
export async function readHosts(options: readonly HostOption[]): Promise<DemoHost[]> {
  return Promise.all(options.map(readHost));
}

async function readHost({ name, paths }: HostOption): Promise<DemoHost> {
  try {
    const { host, warnings } = await readHostInventory(name, paths);
    const lines = warnings.map((warning) => formatWarning({ ...warning, source: basename(warning.source) }));
    return { name, paths, inventory: host, warnings: lines };
  } catch (cause) {
    if (!(cause instanceof IrqBypassError)) throw cause;
    throw new CommandError(`--host ${name}: ${cause.message}`, undefined, { cause });
  }
}

function hostName(name: string): string {
  try {
    return parseName('host', name);
  } catch (error) {
    if (error instanceof IrqBypassError) throw new InvalidArgumentError(`A host's name is 1 to 64 letters, digits, "-" or "_", not ${JSON.stringify(name.slice(0, 70))}.`);
    throw error;
  }
}

/** Where the user is: npm runs its scripts in the project's folder, wherever it was called. */
function startFolder(): string {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env;
  const isRunByNpm = script !== undefined && folder !== undefined && process.cwd() === projectFolder();
  return isRunByNpm ? folder : process.cwd();
}
