import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { NatsServerError } from './errors.ts';

/** The oldest nats-server that irqmesh's stream and buckets work with. */
export const MIN_NATS_SERVER_VERSION = '2.12.0';

/** Where set-up puts the server, below the root of the project. */
const TOOLCHAIN_PATH = join('.irqmesh', 'toolchain', 'nats-server', 'nats-server');
const VERSION_TIMEOUT_MS = 10_000;

/**
 * The nats-server program: the one that `IRQMESH_NATS_SERVER` names, else the first on PATH, else what set-up put below
 * the working directory or a folder above it. (Not below this file: the compiled one lies elsewhere.)
 * @throws NatsServerError when there is none, or `IRQMESH_NATS_SERVER` names no program
 */
export function findNatsServer(env: NodeJS.ProcessEnv = process.env, cwd: string = process.cwd()): string {
  const named = env['IRQMESH_NATS_SERVER'];
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named;
    throw new NatsServerError(`IRQMESH_NATS_SERVER=${JSON.stringify(named)} is not a program that can be run`);
  }
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((dir) => dir !== '');
  const candidates = [...onPath.map((dir) => join(dir, 'nats-server')), ...upwards(cwd).map((dir) => join(dir, TOOLCHAIN_PATH))];
  const found = candidates.find(isProgram);
  if (found !== undefined) return found;
  throw new NatsServerError('nats-server was not found: run `npm start` once, install it, or set IRQMESH_NATS_SERVER to its path');
}

function upwards(from: string): string[] {
  const parent = dirname(from);
  return parent === from ? [from] : [from, ...upwards(parent)];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // Not there, or not ours to run: the search goes on.
  }
}

/** @throws NatsServerError unless the program is a nats-server of at least `MIN_NATS_SERVER_VERSION` */
export async function checkNatsServerVersion(binary: string): Promise<void> {
  const output = await versionOutput(binary);
  const version = /v(\d+)\.(\d+)\.(\d+)/.exec(output);
  if (version === null) throw new NatsServerError(`${binary} is not a nats-server: it calls its version ${JSON.stringify(output.slice(0, 80))}`);
  const [, major, minor] = version;
  const [minMajor, minMinor] = MIN_NATS_SERVER_VERSION.split('.');
  if (Number(major) > Number(minMajor) || (major === minMajor && Number(minor) >= Number(minMinor))) return;
  throw new NatsServerError(`${binary} is version ${version[0].slice(1)}; irqmesh needs nats-server ${MIN_NATS_SERVER_VERSION} or newer`);
}

async function versionOutput(binary: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return stdout.trim();
  } catch (cause) {
    throw new NatsServerError(`${binary} --version failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
