import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError } from '../command-error.ts';
import { isRunning, ownIdentity } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';

/** Where everything of one run is kept. All paths are absolute. */
export interface RunFolder {
  readonly path: string;
  /** JetStream's files: the event log. */
  readonly natsDir: string;
  logFile(name: string): string;
  /** A service's own folder, for its read model. */
  serviceDir(name: string): string;
}

/** How many earlier runs of the demo are kept beside the new one. */
const KEPT_RUNS = 2;

/** A fresh folder for the demo, `.irqmesh/demo/<time>`; of the earlier ones the last two stay. */
export function freshRunFolder(cwd: string = process.cwd(), now: Date = new Date()): RunFolder {
  const parent = resolve(cwd, '.irqmesh/demo');
  mkdirSync(parent, { recursive: true });
  for (const old of readdirSync(parent).toSorted().slice(0, -KEPT_RUNS)) rmSync(join(parent, old), { recursive: true, force: true });
  const name = `${now.toISOString().slice(0, 19).replaceAll(':', '-')}-${process.pid}`;
  return openRunFolder(join(parent, name));
}

/** The folder of `irqmesh up`, which keeps its log from one run to the next. */
export interface LastingRunFolder extends RunFolder {
  /** 1 for the first run in this folder, then 2, …: simulated hosts boot anew with each, so it stands in their tokens. */
  readonly run: number;
}

/** @throws CommandError when another process uses the folder */
export function lastingRunFolder(cwd: string = process.cwd()): LastingRunFolder {
  const folder = openRunFolder(resolve(cwd, '.irqmesh/up'));
  const file = join(folder.path, 'run.json');
  const last = readRun(file);
  if (last !== undefined && isRunning(last.owner)) {
    throw new CommandError(`irqmesh up runs in this folder already (pid ${last.owner.pid}); stop that one, or start in another folder`);
  }
  const run = (last?.run ?? 0) + 1;
  writeFileSync(file, JSON.stringify({ run, owner: ownIdentity() } satisfies Run));
  return { ...folder, run };
}

interface Run {
  readonly run: number;
  readonly owner: ProcessIdentity;
}

function readRun(file: string): Run | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Run) : undefined;
}

function openRunFolder(path: string): RunFolder {
  for (const dir of ['logs', 'nats', 'services']) mkdirSync(join(path, dir), { recursive: true });
  return {
    path,
    natsDir: join(path, 'nats'),
    logFile: (name) => join(path, 'logs', `${name}.log`),
    serviceDir: (name) => join(path, 'services', name),
  };
}
