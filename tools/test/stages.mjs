// The stages of `npm test`, in the order in which they are run: cheap ones first.
//
// A stage has a name (`--only jest` picks every `jest:...`), the arguments for the chosen Node, the counter
// that reads its result, and a time limit. `needs` is data outside the project: where it is missing the stage
// says so instead of running.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { countChaos, countCheck, countConformance, countDst, countFuzz, countJest, countNodeTest } from './counters.mjs';

const MINUTE_MS = 60_000;
const CONFORMANCE = 'test/conformance/dist/main.js';
const DST = 'test/dst/dist/main.js';
const CHAOS = 'test/chaos/dist/main.js';
const FUZZ = 'test/fuzz/dist/main.js';
const HANDPICKED = 'test/conformance/data/handpicked.jsonl';
const RANDOM_200 = 'test/conformance/data/random-200.jsonl.gz';
/** The full recording lies beside the checkout, not in it. */
const RANDOM_ALL = join(root, '../shared/conformance/random.jsonl.gz');

function check(name, args, timeoutMs) {
  return { name, args: () => args, count: countCheck, timeoutMs };
}

function jest(name, pattern, { workers, timeoutMs }) {
  const script = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  return {
    name: `jest:${name}`,
    args: ({ resultFile }) => [...script, `--testPathPatterns=${pattern}`, `--maxWorkers=${workers}`, '--json', `--outputFile=${resultFile}`],
    count: countJest,
    timeoutMs,
  };
}

function conformance(name, args, { timeoutMs, needs }) {
  return { name: `conformance:${name}`, args: () => [CONFORMANCE, ...args], count: countConformance, timeoutMs, needs };
}

function dst(name, args, { timeoutMs }) {
  return { name: `dst:${name}`, args: () => [DST, ...args], count: countDst, timeoutMs };
}

function fuzz(name, args, { timeoutMs }) {
  return { name: `fuzz:${name}`, args: () => [FUZZ, ...args], count: countFuzz, timeoutMs };
}

function chaos(name, args, { timeoutMs }) {
  return { name: `chaos:${name}`, args: () => [CHAOS, ...args], count: countChaos, timeoutMs };
}

export const stages = [
  check('typecheck', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], 5 * MINUTE_MS),
  check('lint', ['node_modules/oxlint/bin/oxlint', '--deny-warnings'], 5 * MINUTE_MS),
  check('proto', ['tools/proto.mjs', '--check'], 5 * MINUTE_MS),
  { name: 'tools', args: () => ['--test', '--test-reporter=tap', 'tools/**/*.test.mjs'], count: countNodeTest, timeoutMs: 3 * MINUTE_MS },
  jest('fast', String.raw`(?<!\.(int|e2e))\.spec\.ts$`, { workers: 2, timeoutMs: 10 * MINUTE_MS }),
  jest('int', String.raw`\.int\.spec\.ts$`, { workers: 2, timeoutMs: 15 * MINUTE_MS }),
  jest('e2e', String.raw`\.e2e\.spec\.ts$`, { workers: 2, timeoutMs: 20 * MINUTE_MS }),
  conformance('domain', [HANDPICKED, RANDOM_200, '--target', 'domain'], { timeoutMs: 5 * MINUTE_MS }),
  conformance('domain-all', [RANDOM_ALL, '--target', 'domain'], { timeoutMs: 5 * MINUTE_MS, needs: RANDOM_ALL }),
  conformance('stack', [HANDPICKED, '--target', 'stack'], { timeoutMs: 10 * MINUTE_MS }),
  conformance('stack-random', [RANDOM_200, '--target', 'stack', '--limit', '50'], { timeoutMs: 10 * MINUTE_MS }),
  dst('regressions', ['--regressions'], { timeoutMs: 5 * MINUTE_MS }),
  dst('calm', ['--seeds', '1..50', '--profile', 'calm'], { timeoutMs: 5 * MINUTE_MS }),
  dst('swarm', ['--seeds', '1..1000'], { timeoutMs: 10 * MINUTE_MS }),
  dst('brutal', ['--seeds', '1..100', '--profile', 'brutal'], { timeoutMs: 5 * MINUTE_MS }),
  fuzz('seed-1', ['--seed', '1', '--inputs', '22000'], { timeoutMs: 5 * MINUTE_MS }),
  fuzz('seed-2', ['--seed', '2', '--inputs', '22000'], { timeoutMs: 5 * MINUTE_MS }),
  chaos('cluster', ['--minutes', '1', '--nats', 'cluster'], { timeoutMs: 10 * MINUTE_MS }),
  chaos('single', ['--minutes', '0.5', '--nats', 'single'], { timeoutMs: 10 * MINUTE_MS }),
];

/** The stages a filter picks: "jest" means all of jest's, "jest:int" that one. Unknown names are refused. */
export function pickStages(filter) {
  if (filter === undefined) return stages;
  const wanted = filter.split(',');
  const picks = (name) => stages.filter((stage) => stage.name === name || stage.name.startsWith(`${name}:`));
  const unknown = wanted.filter((name) => picks(name).length === 0);
  if (unknown.length > 0) throw new RangeError(`no test stage ${unknown.join(', ')}; there are: ${stages.map((stage) => stage.name).join(', ')}`);
  return stages.filter((stage) => wanted.some((name) => picks(name).includes(stage)));
}

/** Why a stage cannot run on this machine, or undefined. */
export function missingData(stage) {
  return stage.needs === undefined || existsSync(stage.needs) ? undefined : `${stage.needs} is not there`;
}
