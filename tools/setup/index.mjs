// Makes a fresh checkout runnable: Node, dependencies, nats-server, compiled sources. Only Node's built-ins
// are used in this folder, and it runs on Node 20: nothing is installed yet when it starts.
import { join } from 'node:path';
import { endRunningCommands, runCommand } from './command.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { acquireLock } from './lock.mjs';
import { ensureNatsServer } from './nats-server.mjs';
import { ensureNode, nodeEnvironment } from './node.mjs';
import { root, stateDir } from './paths.mjs';
import { say, SetupError } from './progress.mjs';
import { clearScratch } from './scratch.mjs';

const LOCK_WAIT_MS = 30 * 60_000;
const BUILD_TIMEOUT_MS = 5 * 60_000;

async function build(nodePath) {
  const env = nodeEnvironment(nodePath);
  const result = await runCommand(nodePath, [join(root, 'tools/build.mjs')], { timeoutMs: BUILD_TIMEOUT_MS, cwd: root, env });
  if (!result.ok) throw new SetupError(`the build failed${result.failure === undefined ? '' : ` (${result.failure})`}:\n${result.stderr.trim()}`);
  if (result.stdout.trim() !== '') say(result.stdout.trim());
}

/** A checkout that cannot be written is the user's to mend; most often root ran here before. */
function explain(error) {
  if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) return error;
  return new SetupError(`${error.path ?? root} cannot be written (${error.code}); was this run by another user before?`);
}

/**
 * Sets the checkout up; quiet and quick where nothing is to be done.
 * @returns {Promise<{ nodePath: string, natsServerPath?: string, natsUrl?: string }>}
 * @throws {SetupError} with what the user can do
 */
export async function setUp() {
  try {
    return await setUpLocked();
  } catch (error) {
    throw explain(error);
  }
}

async function setUpLocked() {
  const onWait = ({ pid, host }) => say(`waiting for another set-up of this checkout (process ${pid} on ${host})`);
  const release = await acquireLock(join(stateDir, 'setup.lock'), { waitMs: LOCK_WAIT_MS, onWait });
  const cleanUp = () => {
    endRunningCommands();
    clearScratch();
    release();
  };
  process.once('exit', cleanUp); // a signal ends set-up through process.exit, see run.mjs
  try {
    clearScratch();
    const node = await ensureNode();
    await ensureDependencies(node);
    const nats = await ensureNatsServer(node);
    await build(node.nodePath);
    return { nodePath: node.nodePath, ...nats };
  } finally {
    process.off('exit', cleanUp);
    cleanUp();
  }
}
