// The packages in node_modules, as package-lock.json names them.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm, whyNpmFailed } from './node.mjs';
import { root } from './paths.mjs';
import { SetupError, timed } from './progress.mjs';

const INSTALL_TIMEOUT_MS = 15 * 60_000;

/** What an installation depends on: the lock file, and for native add-ons Node's major version and the platform. */
export function installationKey(lockFileText, nodeVersion) {
  const hash = createHash('sha256').update(lockFileText).digest('hex');
  return `${hash} node-${nodeVersion[0]} ${process.platform}-${process.arch}\n`;
}

/**
 * Runs `npm ci` if node_modules is not what package-lock.json asks for. npm removes node_modules first and
 * the stamp with it, so an interrupted installation is never taken for a finished one.
 */
export async function ensureDependencies({ nodePath, version }, dir = root) {
  const stamp = join(dir, 'node_modules', '.irqmesh-lock-hash');
  const key = installationKey(readFileSync(join(dir, 'package-lock.json')), version);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  await timed('dependencies: npm ci', async () => {
    // No dependency needs its install script; better-sqlite3's would compile for minutes what it ships prebuilt.
    const result = await runNpm(nodePath, ['ci', '--ignore-scripts'], { timeoutMs: INSTALL_TIMEOUT_MS, cwd: dir });
    if (!result.ok) throw new SetupError(`npm ci failed: ${whyNpmFailed(result)}`);
    writeFileSync(stamp, key);
  });
}
