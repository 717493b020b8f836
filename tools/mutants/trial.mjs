// Runs the simulation, then the conformance traces, against a mutation until one of them notices it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

/** Far longer than they take, also on a machine that is busy. */
const START_MS = 60_000;
const SEED_MS = 3_000;
const HANDPICKED = join(root, 'test/conformance/data/handpicked.jsonl');

/** What no checker says: the mutation itself does not run. */
const BROKEN = /ReferenceError|SyntaxError|the run broke off|the run was not over after/;

/**
 * @returns `{ outcome, by, seconds }`. `noticed`: a checker or a golden trace says so, which `by` tells. `survived`:
 *   neither does. `broken`: it broke off or never ended, which shows nothing of the checkers.
 */
export async function tryMutation(workshop, mutation, { seeds, profile, signal }) {
  const startedMs = performance.now();
  const restore = await workshop.apply(mutation);
  const verdict = (judged) => ({ ...judged, seconds: (performance.now() - startedMs) / 1_000 });
  try {
    const simulated = await run(workshop, 'test/dst', ['--seeds', `1..${seeds}`, '--profile', profile, '--jobs', '1', '--first-failure'], { signal, timeoutMs: START_MS + seeds * SEED_MS });
    if (simulated.code !== 0) return verdict(judgeSimulation(simulated));
    const traced = await run(workshop, 'test/conformance', [HANDPICKED, '--target', 'domain'], { signal, timeoutMs: START_MS });
    if (traced.code !== 0) return verdict(judgeConformance(traced));
    return verdict({ outcome: 'survived', by: `nothing noticed it in ${seeds} seeds and the golden traces` });
  } finally {
    restore();
  }
}

function run(workshop, path, args, { signal, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(workshop.dir, path, 'dist/main.js'), ...args], { signal, timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors = `${errors}${text}`.slice(-2_000)));
    child.on('error', reject);
    child.on('close', (code, killedBy) => resolve({ code, killedBy, output, errors, timeoutMs }));
  });
}

/** What a simulation says that ended with a failure: `seed 17: model: event 4 ...` where a checker found something. */
export function judgeSimulation(run) {
  const match = /^seed (\d+) failed:\n {2}(.*)$/m.exec(run.output);
  if (match === null) return broken(run);
  return { outcome: BROKEN.test(match[2]) ? 'broken' : 'noticed', by: `seed ${match[1]}: ${match[2]}` };
}

/** What a conformance run says that ended with a failure. */
export function judgeConformance(run) {
  const match = /^conformance: \d+ passed, (\d+) failed/m.exec(run.output);
  return match === null || match[1] === '0' ? broken(run) : { outcome: 'noticed', by: `conformance: ${match[1]} golden traces of the kernel` };
}

function broken({ errors, killedBy, timeoutMs }) {
  const lines = errors.trim().split('\n');
  const error = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0];
  return { outcome: 'broken', by: killedBy === null ? `it broke off: ${error}` : `it did not end within ${timeoutMs / 1_000} s` };
}
