// nats-server from its official release archive.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, whyFailed } from './command.mjs';
import { nodeEnvironment } from './node.mjs';
import { SetupError } from './progress.mjs';

export const RELEASE = '2.15.0';
const RELEASES_URL = 'https://github.com/nats-io/nats-server/releases/download';
const DOWNLOAD_TIMEOUT_MS = 120_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** The release's published SHA256SUMS for the archives we take. */
export const RELEASE_SHA256 = {
  'linux-amd64': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
  'linux-arm64': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
  'darwin-amd64': '5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95',
  'darwin-arm64': 'e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8',
};

/** A platform as the release's file names spell it: "linux-amd64". */
export function releasePlatform(platform, arch) {
  const name = `${platform}-${arch === 'x64' ? 'amd64' : arch}`;
  if (!(name in RELEASE_SHA256)) throw new SetupError(`there is no archive for ${name} whose checksum we know`);
  return name;
}

/** Refuses a file that is not, to the bit, the published one. */
export function checkSha256(file, expected) {
  const actual = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (actual !== expected) throw new SetupError(`its SHA-256 is ${actual.slice(0, 12)}..., published is ${expected.slice(0, 12)}...: refused`);
}

/**
 * Downloads, checks and unpacks the release for this machine into `dir`.
 * @returns {Promise<string>} path of the program
 */
export async function fetchRelease({ nodePath, dir, releasesUrl = RELEASES_URL, platform = releasePlatform(process.platform, process.arch), sha256 = RELEASE_SHA256[platform] }) {
  const stem = `nats-server-v${RELEASE}-${platform}`;
  const archive = join(dir, `${stem}.tar.gz`);
  const script = join(dirname(fileURLToPath(import.meta.url)), 'download.mjs');
  const env = { ...nodeEnvironment(nodePath), NODE_USE_ENV_PROXY: '1' };
  const got = await runCommand(nodePath, [script, `${releasesUrl}/v${RELEASE}/${stem}.tar.gz`, archive], { timeoutMs: DOWNLOAD_TIMEOUT_MS, env });
  if (!got.ok) throw new SetupError(whyFailed(got).replace(/^error: /, ''));
  checkSha256(archive, sha256);
  const unpacked = await runCommand('tar', ['-xzf', archive, '-C', dir, `${stem}/nats-server`], { timeoutMs: UNPACK_TIMEOUT_MS });
  if (!unpacked.ok) throw new SetupError(`tar cannot unpack it: ${whyFailed(unpacked)}`);
  return join(dir, stem, 'nats-server');
}
