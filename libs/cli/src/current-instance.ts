import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { types } from 'node:util';

/** An irqmesh that `irqmesh up` or `irqmesh demo` runs on this machine, as `.irqmesh/current.json` tells. */
export interface CurrentInstance {
  /** `nats://127.0.0.1:<port>` */
  readonly natsUrl: string;
  /** Where nats-server tells about itself (`/varz`, `/jsz`); missing for a server that somebody else runs. */
  readonly monitorUrl?: string | undefined;
  /** The irqmesh process that started it all: while that one lives, the instance does. */
  readonly pid: number;
  /** When that process started, by the kernel's count of ticks: tells it from a later one with the same number. */
  readonly startTicks: string;
  readonly command: 'demo' | 'up';
  /** Absolute. */
  readonly stateDir: string;
  readonly services: readonly { readonly name: string; readonly pid: number; readonly httpPort: number }[];
}

const FILE = '.irqmesh/current.json';

/** The instance that runs below the folder, undefined when there is none (what a killed one left does not count). */
export function readCurrentInstance(cwd: string = process.cwd()): CurrentInstance | undefined {
  const instance = readFile(resolve(cwd, FILE));
  if (instance === undefined) return undefined;
  return processStartTicks(instance.pid) === instance.startTicks ? instance : undefined;
}

/** Makes this process's instance the one that other commands find. */
export function writeCurrentInstance(instance: Omit<CurrentInstance, 'pid' | 'startTicks'>, cwd: string = process.cwd()): void {
  const file = resolve(cwd, FILE);
  mkdirSync(dirname(file), { recursive: true });
  const content: CurrentInstance = { ...instance, pid: process.pid, startTicks: processStartTicks(process.pid) ?? '' };
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(content, undefined, 2)}\n`);
  renameSync(`${file}.${process.pid}`, file);
}

/** Takes this process's instance away; another process's stays. */
export function removeCurrentInstance(cwd: string = process.cwd()): void {
  const file = resolve(cwd, FILE);
  if (readFile(file)?.pid === process.pid) rmSync(file, { force: true });
}

function readFile(file: string): CurrentInstance | undefined {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<CurrentInstance>;
    const isComplete = typeof value.natsUrl === 'string' && typeof value.pid === 'number' && Array.isArray(value.services);
    return isComplete ? (value as CurrentInstance) : undefined;
  } catch (error) {
    // A missing or damaged file says that nothing runs: it is only a hint.
    if (error instanceof SyntaxError || isNotThere(error)) return undefined;
    throw error;
  }
}

/** Field 22 of /proc/PID/stat; undefined when there is no such process, empty where there is no /proc. */
function processStartTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in brackets, may hold spaces and brackets itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (!isNotThere(error)) throw error;
    return process.platform === 'linux' ? undefined : '';
  }
}

function isNotThere(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'ENOTDIR');
}
