import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { types } from 'node:util';
import { isRunning, ownIdentity } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** An irqmesh that `irqmesh up` or `irqmesh demo` runs on this machine: while that process lives, the instance does. */
export interface CurrentInstance extends ProcessIdentity {
  /** `nats://127.0.0.1:<port>` */
  readonly natsUrl: string;
  /** Where nats-server tells about itself (`/varz`, `/jsz`); missing for a server that somebody else runs. */
  readonly monitorUrl?: string | undefined;
  readonly command: 'demo' | 'up';
  /** Absolute. */
  readonly stateDir: string;
  readonly services: readonly { readonly name: string; readonly pid: number; readonly httpPort: number }[];
}

const FILE = '.irqmesh/current.json';

/** The instance that runs below the folder, undefined when there is none (what a killed one left does not count). */
export function readCurrentInstance(cwd: string = process.cwd()): CurrentInstance | undefined {
  const instance = readInstance(resolve(cwd, FILE));
  return instance !== undefined && isRunning(instance) ? instance : undefined;
}

/** Makes this process's instance the one that other commands find, unless another one runs here. */
export function writeCurrentInstance(instance: Omit<CurrentInstance, keyof ProcessIdentity>, cwd: string = process.cwd()): void {
  const other = readCurrentInstance(cwd);
  if (other !== undefined && other.pid !== process.pid) return;
  const file = resolve(cwd, FILE);
  const content: CurrentInstance = { ...instance, ...ownIdentity() };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(content, undefined, 2)}\n`);
  renameSync(`${file}.${process.pid}`, file);
}

/** Takes this process's instance away; another process's stays. */
export function removeCurrentInstance(cwd: string = process.cwd()): void {
  const file = resolve(cwd, FILE);
  if (readInstance(file)?.pid === process.pid) rmSync(file, { force: true });
}

/** A missing or damaged file says that nothing runs: it is only a hint. */
function readInstance(file: string): CurrentInstance | undefined {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<CurrentInstance>;
    const isComplete = typeof value.natsUrl === 'string' && typeof value.pid === 'number' && Array.isArray(value.services);
    return isComplete ? (value as CurrentInstance) : undefined;
  } catch (error) {
    const isNotThere = types.isNativeError(error) && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    if (isNotThere || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
