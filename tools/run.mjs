// Sets the checkout up, then runs one of its commands with the right Node:
//   node tools/run.mjs demo|cli|test|conformance|dst|chaos|fuzz|mutants [arguments of that command]
import { join } from 'node:path';
import { exitCodeOf, runChild, SIGNALS } from './child.mjs';
import { setUp } from './setup/index.mjs';
import { nodeEnvironment } from './setup/node.mjs';
import { root } from './setup/paths.mjs';
import { SetupError } from './setup/progress.mjs';

const COMMANDS = {
  demo: ['libs/cli/bin/irqmesh.mjs', 'demo'],
  cli: ['libs/cli/bin/irqmesh.mjs'],
  test: ['tools/test.mjs'],
  conformance: ['test/conformance/dist/main.js'],
  dst: ['test/dst/dist/main.js'],
  chaos: ['test/chaos/dist/main.js'],
  fuzz: ['test/fuzz/dist/main.js'],
  mutants: ['tools/mutants.mjs'],
};

/** A signal ends set-up at once; what it started is ended on the way out. */
async function setUpInterruptibly() {
  const stop = (signal) => process.exit(exitCodeOf(signal));
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await setUp();
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

async function main([verb, ...args]) {
  if (!Object.hasOwn(COMMANDS, verb ?? '')) {
    console.error(`usage: node tools/run.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
    return 2;
  }
  const { nodePath, natsServerPath, natsUrl } = await setUpInterruptibly();
  const [script, ...fixed] = COMMANDS[verb];
  const env = nodeEnvironment(nodePath);
  if (natsUrl === undefined) env.IRQMESH_NATS_SERVER = natsServerPath;
  return runChild(nodePath, [join(root, script), ...fixed, ...args], env);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SetupError ? `set-up failed: ${error.message}` : error);
  if (process.argv[2] === 'test') console.log('0 passed, 1 failed'); // the last line that .ci/run promises
  process.exitCode = 1;
}
