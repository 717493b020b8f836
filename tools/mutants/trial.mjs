// Runs the simulation, then the conformance traces, against a mutation until one of them fails.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

/** Far longer than all seeds take; a mutant that hangs is killed by that. */
const TIMEOUT_MS = 300_000;
const HANDPICKED = join(root, 'test/conformance/data/handpicked.jsonl');

/** @returns `{ killed, by, seconds }`: `by` tells what noticed it. */
export async function tryMutation(workshop, mutation, { seeds, profile, signal }) {
  const startedMs = performance.now();
  const restore = await workshop.apply(mutation);
  const verdict = (killed, by) => ({ killed, by, seconds: (performance.now() - startedMs) / 1_000 });
  try {
    const simulated = await run(workshop, 'test/dst', ['--seeds', `1..${seeds}`, '--profile', profile, '--jobs', '1', '--first-failure'], signal);
    if (simulated.code !== 0) return verdict(true, firstFinding(simulated));
    const traced = await run(workshop, 'test/conformance', [HANDPICKED, '--target', 'domain'], signal);
    return traced.code === 0 ? verdict(false, `nothing noticed it in ${seeds} seeds and the golden traces`) : verdict(true, 'conformance: a golden trace of the kernel');
  } finally {
    restore();
  }
}

function run(workshop, path, args, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(workshop.dir, path, 'dist/main.js'), ...args], { signal, timeout: TIMEOUT_MS, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors = `${errors}${text}`.slice(-2_000)));
    child.on('error', reject);
    child.on('close', (code, killedBy) => resolve({ code, killedBy, output, errors }));
  });
}

/** `seed 17: model: event 4 ...`: which seed failed, and the first thing that was found. */
function firstFinding({ output, errors, killedBy }) {
  const match = /^seed (\d+) failed:\n {2}(.*)$/m.exec(output);
  if (match !== null) return `seed ${match[1]}: ${match[2]}`;
  return killedBy === null ? `it broke off: ${errors.trim().split('\n')[0]}` : `it did not end within ${TIMEOUT_MS / 1_000} s`;
}
