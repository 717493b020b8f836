// Runs all tests and adds up what the runners counted; the last line is "N passed, N failed".
//   npm test [-- --only STAGE[,STAGE...]]
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root, stateDir } from './setup/paths.mjs';
import { missingData, pickStages, stages } from './test/stages.mjs';

const HELP = `usage: npm test [-- --only STAGE[,STAGE...]]

Runs every stage, or the named ones:
${stages.map((stage) => `  ${stage.name}`).join('\n')}
"jest" and "conformance" name all of theirs. A stage's whole output is kept in
.irqmesh/test/STAGE.log.`;
const logDir = join(stateDir, 'test');

/** The group of the running stage: a signal to us must not leave it behind. */
let runningGroup;

function killGroup(signal) {
  if (runningGroup === undefined) return;
  try {
    process.kill(-runningGroup, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // all of it has ended
  }
}

/** Runs one stage in a process group of its own, its output in a log file, and ends what outlives it. */
async function runStage(stage) {
  const logFile = join(logDir, `${stage.name.replace(':', '-')}.log`);
  const resultFile = join(logDir, `${stage.name.replace(':', '-')}.${process.pid}.json`);
  const log = createWriteStream(logFile);
  await once(log, 'open');
  const child = spawn(process.execPath, stage.args({ resultFile }), { cwd: root, detached: true, stdio: ['ignore', log, log] });
  runningGroup = child.pid;
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup('SIGKILL');
  }, stage.timeoutMs);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  killGroup('SIGKILL');
  runningGroup = undefined;
  log.end();
  const output = readFileSync(logFile, 'utf8');
  const counted = stage.count({ code, output, resultFile });
  rmSync(resultFile, { force: true });
  return { code, signal, timedOut, output, counted, logFile };
}

/** What a stage that ended badly, or without a count, is worth: at least one failure, with its last words. */
function judge(stage, { code, signal, timedOut, output, counted }) {
  const result = counted ?? { passed: 0, failed: 0, skipped: 0, failures: [] };
  const lastWords = output.trimEnd().split('\n').slice(-20).join('\n');
  let complaint;
  if (timedOut) complaint = `did not end within ${stage.timeoutMs / 60_000} min`;
  else if (signal !== null) complaint = `was ended by ${signal}`;
  else if (counted === undefined) complaint = `ended with exit code ${code} and no count`;
  else if (counted.passed + counted.failed === 0) complaint = 'ran no test';
  else if (code !== 0 && counted.failed === 0) complaint = `ended with exit code ${code}, though no test failed`;
  if (complaint === undefined) return result;
  return { ...result, failed: result.failed + 1, failures: [...result.failures, `${stage.name} ${complaint}\n${lastWords}`] };
}

const counts = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

function printFailures(failures, logFile) {
  const indented = failures.map((text) => text.replace(/^\n+/, '').replace(/^(?=.)/gm, '    ')).join('\n\n');
  console.log(`\n${indented}\n\n    whole output: ${relative(root, logFile)}\n`);
}

async function runStages(picked) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of picked) {
    process.stdout.write(stage.name.padEnd(26)); // completed by the result: a stage that hangs is named
    const reason = missingData(stage);
    if (reason !== undefined) {
      console.log(`not run: ${reason}`);
      continue;
    }
    const startedMs = performance.now();
    const run = await runStage(stage);
    const result = judge(stage, run);
    const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    console.log(`${counts(result).padEnd(40)}${seconds.padStart(9)}${result.failed > 0 ? '  FAILED' : ''}`);
    if (result.note !== undefined) console.log(`  ${result.note}`);
    if (result.failed > 0) printFailures(result.failures, run.logFile);
    for (const key of Object.keys(total)) total[key] += result[key];
  }
  return total;
}

async function main() {
  const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const picked = pickStages(values.only);
  mkdirSync(logDir, { recursive: true });
  const startedMs = performance.now();
  const total = await runStages(picked);
  console.log(`\nall in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
  console.log(counts(total));
  return total.failed === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    killGroup('SIGKILL');
    process.exit(128 + constants.signals[signal]);
  });
}
try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof RangeError || error.code?.startsWith('ERR_PARSE_ARGS');
  console.error(isUsage ? error.message : error);
  console.log('0 passed, 1 failed');
  process.exitCode = isUsage ? 2 : 1;
}
