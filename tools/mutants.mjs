// Puts mistakes into the code, one at a time, and shows that the simulation or the golden traces notice each.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { MUTATIONS } from './mutants/mutations.mjs';
import { tryMutation } from './mutants/trial.mjs';
import { StaleMutationError, Workshop } from './mutants/workshop.mjs';

const USAGE = `Usage: npm run mutants -- [options]

Puts small mistakes into the code, one at a time: one at least for each rule of
the protocol. Runs seeds of the simulation against each until one fails, then
the golden traces of the kernel. A mistake that nothing notices survives; one
that breaks off, or never ends, is broken: it shows nothing of the checkers.

  --seeds N        seeds tried for each mistake (default: 600)
  --only TEXT      only mistakes whose sentence holds TEXT, or of "rule 6"
  --jobs N         mistakes tried side by side (default: one a processor)
  --list           lists them and runs nothing
  --help           this text

Exit status: 0 all were noticed, 1 one survived or is broken, 2 wrong usage, 130 interrupted.`;

const WORDS = { noticed: 'noticed ', survived: 'SURVIVED', broken: 'BROKEN  ' };

class UsageError extends Error {}

function parse(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: { seeds: { type: 'string', default: '600' }, only: { type: 'string' }, jobs: { type: 'string' }, list: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    const jobs = values.jobs ?? String(availableParallelism());
    for (const [flag, text] of [['--seeds', values.seeds], ['--jobs', jobs]]) {
      if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`${flag} takes a positive whole number, not "${text}"`);
    }
    return { ...values, seeds: Number(values.seeds), jobs: Number(jobs) };
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

function pick(only) {
  if (only === undefined) return MUTATIONS;
  const rule = /^rule (\d+)$/.exec(only)?.[1];
  const picked = MUTATIONS.filter((mutation) => (rule === undefined ? mutation.what.includes(only) : mutation.rule === Number(rule)));
  if (picked.length === 0) throw new UsageError(`no mistake fits "${only}"; --list shows them`);
  return picked;
}

function label({ rule, what }) {
  return `${rule === undefined ? 'other  ' : `rule ${String(rule).padEnd(2)}`}  ${what}`;
}

async function tryAll(mutations, { seeds, jobs }, signal) {
  const queue = mutations.entries();
  let failed = 0;
  let done = 0;
  const work = async () => {
    const workshop = new Workshop();
    try {
      for (const [, mutation] of queue) {
        if (signal.aborted) return;
        const { outcome, by, seconds } = await tryMutation(workshop, mutation, { seeds, profile: 'swarm', signal });
        done += 1;
        if (outcome !== 'noticed') failed += 1;
        console.log(`${WORDS[outcome]}  ${label(mutation)}\n          ${by} (${seconds.toFixed(1)} s)`);
      }
    } finally {
      workshop.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, mutations.length) }, work));
  console.log(`mutants: ${done - failed} passed, ${failed} failed`);
  return failed;
}

async function main(argv) {
  const options = parse(argv);
  if (options.help) return console.log(USAGE);
  const mutations = pick(options.only);
  if (options.list) return console.log(mutations.map(label).join('\n'));
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupted.abort());
  try {
    if ((await tryAll(mutations, options, interrupted.signal)) > 0) process.exitCode = 1;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.exitCode = 130;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof StaleMutationError) {
    console.error(`mutants: a mutation does not fit the sources any more. ${error.message}`);
    process.exitCode = 1;
  } else if (error instanceof UsageError) {
    console.error(`mutants: ${error.message}\n(npm run mutants -- --help tells more)`);
    process.exitCode = 2;
  } else throw error;
}
