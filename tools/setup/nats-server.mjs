// The nats-server that the services, the demo and the tests run: the user's, or one fetched once.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findOnPath, runCommand, whyFailed } from './command.mjs';
import { fetchDebianPackage } from './nats-debian.mjs';
import { fetchRelease, RELEASE } from './nats-release.mjs';
import { toolchainDir } from './paths.mjs';
import { say, SetupError, timed } from './progress.mjs';
import { moveIntoPlace, withScratch } from './scratch.mjs';
import { isAtLeast, parseVersion } from './versions.mjs';

/** Oldest server with what the log and the leases need (atomic batches, markers of expired keys). */
export const MINIMUM_NATS = [2, 12, 0];
const MINIMUM_TEXT = '2.12';
const VERSION_TIMEOUT_MS = 10_000;

/** Runs a nats-server to see that it is one, works on this machine, and is new enough. */
export async function checkNatsServer(file) {
  if (!existsSync(file)) throw new SetupError(`${file} does not exist`);
  const result = await runCommand(file, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  if (!result.ok) throw new SetupError(`${file} does not run here: ${whyFailed(result)}`);
  const version = /nats-server/.test(result.stdout) ? parseVersion(result.stdout) : undefined;
  if (version === undefined) throw new SetupError(`${file} does not answer --version as a nats-server does`);
  if (!isAtLeast(version, MINIMUM_NATS)) throw new SetupError(`${file} is version ${version.join('.')}, older than ${MINIMUM_TEXT}`);
  return file;
}

/** Fetches with `fetch(dir)` and keeps the program only after it was seen to run. */
async function keep(name, cached, fetch) {
  await withScratch(name, async (dir) => {
    const file = await fetch(dir);
    await checkNatsServer(file);
    moveIntoPlace(file, cached);
  });
  return cached;
}

/**
 * The ways to a nats-server, in order. Each `find` returns a path or throws a SetupError with its reason;
 * `isFetch` marks the slow ones, `isWanted` the one whose failure is always worth a line.
 */
export function natsServerWays({ nodePath, env = process.env, cached = join(toolchainDir, 'nats-server', 'nats-server') }) {
  return [
    {
      name: 'IRQMESH_NATS_SERVER',
      isWanted: Boolean(env.IRQMESH_NATS_SERVER),
      find: () => {
        if (!env.IRQMESH_NATS_SERVER) throw new SetupError('not set');
        return checkNatsServer(resolve(env.IRQMESH_NATS_SERVER));
      },
    },
    {
      name: 'PATH',
      find: () => {
        const file = findOnPath('nats-server', env);
        if (file === undefined) throw new SetupError('no nats-server there');
        return checkNatsServer(file);
      },
    },
    {
      name: 'fetched earlier',
      find: () => {
        if (!existsSync(cached)) throw new SetupError('none yet');
        return checkNatsServer(cached);
      },
    },
    { name: `official release ${RELEASE}`, isFetch: true, find: () => keep('nats-release', cached, (dir) => fetchRelease({ nodePath, dir })) },
    { name: 'Debian\'s package', isFetch: true, find: () => keep('nats-debian', cached, (dir) => fetchDebianPackage({ dir })) },
  ];
}

/** The last word when every way failed. */
export function noNatsServer(reasons) {
  return new SetupError(
    [
      `no nats-server ${MINIMUM_TEXT} or newer is to be had:`,
      ...reasons.map(({ name, reason }) => `  - ${name}: ${reason}`),
      'What you can do, one of:',
      `  - install nats-server ${MINIMUM_TEXT} or newer (https://nats.io/download) on your PATH`,
      '  - IRQMESH_NATS_SERVER=/path/to/nats-server: use that program',
      '  - IRQMESH_NATS_URL=nats://host:4222: use a server that runs (with JetStream)',
      '  - behind a proxy: set HTTPS_PROXY, or apt\'s proxy, and run this again',
    ].join('\n'),
  );
}

/** Goes through the ways until one gives a server. */
export async function findNatsServer(ways) {
  const reasons = [];
  for (const { name, find, isFetch = false, isWanted = false } of ways) {
    try {
      return isFetch ? await timed(`nats-server: ${name}`, find) : await find();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      reasons.push({ name, reason: error.message });
      if (isWanted || isFetch) say(`nats-server: ${name}: ${error.message}`);
    }
  }
  throw noNatsServer(reasons);
}

/**
 * The server to use: the running one that IRQMESH_NATS_URL names, else a program to start.
 * @returns {Promise<{ natsUrl?: string, natsServerPath?: string }>}
 */
export async function ensureNatsServer({ nodePath, env = process.env }) {
  if (env.IRQMESH_NATS_URL) return { natsUrl: env.IRQMESH_NATS_URL };
  return { natsServerPath: await findNatsServer(natsServerWays({ nodePath, env })) };
}
