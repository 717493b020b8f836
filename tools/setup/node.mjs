// The Node that everything runs with: the one that runs this, if it is new enough, else Node 24 from npm.
import { existsSync, mkdirSync, realpathSync, renameSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { findOnPath, runCommand, whyFailed } from './command.mjs';
import { toolchainDir } from './paths.mjs';
import { SetupError, timed } from './progress.mjs';
import { moveIntoPlace, withScratch } from './scratch.mjs';
import { isAtLeast, parseVersion } from './versions.mjs';

/** Oldest Node that the dependencies run on. */
export const MINIMUM_NODE = [22, 13, 0];
const FETCHED_MAJOR = 24;
const INSTALL_TIMEOUT_MS = 5 * 60_000;
const VERSION_TIMEOUT_MS = 10_000;
/** npm's own pauses between tries let a machine without a network wait for more than a minute. */
const NPM_RETRIES = ['--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
const NPM_OPTIONS = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', ...NPM_RETRIES];

/**
 * The npm package with Node's binary for a platform. It is what the install script of the npm package
 * `node` fetches; taken directly, it needs no install script, which newer npm versions may block.
 */
export function platformPackage(platform, arch) {
  if (!['linux', 'darwin'].includes(platform) || !['x64', 'arm64'].includes(arch)) {
    throw new SetupError(`no Node ${FETCHED_MAJOR} is to be had from npm for ${platform}-${arch}; install Node ${MINIMUM_NODE.join('.')} or newer yourself`);
  }
  return `${platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${arch}`;
}

/** The arguments with which a given Node runs npm, or undefined if npm is no plain script here (as under Volta). */
function npmScript(env) {
  const started = env.npm_execpath;
  if (started !== undefined && basename(started) === 'npm-cli.js' && existsSync(started)) return started;
  const onPath = findOnPath('npm', env);
  const script = onPath === undefined ? undefined : realpathSync(onPath);
  return script?.endsWith('.js') ? script : undefined;
}

/** The environment of everything that is run: the chosen Node comes first on PATH. */
export function nodeEnvironment(nodePath, env = process.env) {
  return { ...env, PATH: [dirname(nodePath), env.PATH ?? ''].join(delimiter) };
}

/** Runs npm with the given Node. npm's own messages are kept whatever `npm --silent` was set around us. */
export function runNpm(nodePath, args, options) {
  const machinesConfig = join(dirname(dirname(process.execPath)), 'etc/npmrc'); // npm looks beside its Node, which may be ours
  const env = nodeEnvironment(nodePath, { npm_config_globalconfig: machinesConfig, ...process.env });
  const all = [...args, ...NPM_OPTIONS];
  const script = npmScript(env);
  return script === undefined ? runCommand('npm', all, { ...options, env }) : runCommand(nodePath, [script, ...all], { ...options, env });
}

const NETWORK_ERRORS = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'ERR_SOCKET_TIMEOUT'];
const MAX_ERROR_LINES = 10;

/** Why npm failed: the network, said plainly, or npm's own lines. */
export function whyNpmFailed(result) {
  if (result.failure !== undefined) return result.failure;
  const lines = result.stderr
    .split('\n')
    .filter((line) => /^npm (error|ERR!) \S/.test(line) && !line.includes('complete log of this run'))
    .map((line) => line.replace(/^npm (error|ERR!) /, ''));
  const code = lines.find((line) => line.startsWith('code '))?.slice('code '.length);
  if (NETWORK_ERRORS.includes(code)) return `npm cannot reach its registry (${code}); check the network and npm's proxy settings`;
  return lines.length === 0 ? whyFailed(result) : ['npm says:', ...lines.slice(0, MAX_ERROR_LINES)].join('\n  ');
}

async function versionOf(nodePath) {
  const result = await runCommand(nodePath, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  if (!result.ok) throw new SetupError(`${nodePath} does not run here: ${whyFailed(result)}`);
  return parseVersion(result.stdout);
}

async function fetchNode(target) {
  const packageName = platformPackage(process.platform, process.arch);
  await withScratch('node', async (dir) => {
    const args = ['install', '--prefix', dir, '--no-save', '--no-package-lock', '--ignore-scripts', `${packageName}@${FETCHED_MAJOR}`];
    const result = await runNpm(process.execPath, args, { timeoutMs: INSTALL_TIMEOUT_MS, cwd: dir });
    if (!result.ok) {
      throw new SetupError(
        `Node ${FETCHED_MAJOR} could not be fetched from npm: ${whyNpmFailed(result)}\n` +
          `This is Node ${process.versions.node}; irqmesh needs ${MINIMUM_NODE.join('.')} or newer. What you can do:\n` +
          '  - see that npm works here (npm ping), and run this again\n' +
          `  - install Node ${MINIMUM_NODE[0]} or ${FETCHED_MAJOR} yourself and run this with it`,
      );
    }
    const kept = join(dir, 'kept');
    mkdirSync(join(kept, 'bin'), { recursive: true });
    const unpacked = join(dir, 'node_modules', packageName);
    renameSync(join(unpacked, 'bin', 'node'), join(kept, 'bin', 'node'));
    renameSync(join(unpacked, 'LICENSE'), join(kept, 'LICENSE'));
    await versionOf(join(kept, 'bin', 'node'));
    moveIntoPlace(kept, target);
  });
}

/**
 * Finds or fetches the Node to run everything with.
 * @returns {Promise<{ nodePath: string, version: number[] }>}
 */
export async function ensureNode() {
  const running = parseVersion(process.versions.node);
  if (isAtLeast(running, MINIMUM_NODE)) return { nodePath: process.execPath, version: running };
  const target = join(toolchainDir, 'node', `${process.platform}-${process.arch}`);
  const nodePath = join(target, 'bin', 'node');
  if (!existsSync(nodePath)) {
    const what = `this is Node ${process.versions.node}, irqmesh needs ${MINIMUM_NODE.join('.')}: getting Node ${FETCHED_MAJOR} from npm`;
    await timed(what, () => fetchNode(target));
  }
  return { nodePath, version: await versionOf(nodePath) };
}
