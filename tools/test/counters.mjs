// Reads how many tests a runner passed, failed and skipped, and what failed.
// A counter returns undefined when the runner ended without a count: that is a failure of the stage.
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from '../setup/paths.mjs';

const MAX_LINES = 60;
/** Stack frames of the runner tell nothing of the test. */
const RUNNER_FRAME = /^\s+at .*(node_modules|node:internal)/;

function firstLines(text) {
  const lines = stripVTControlCharacters(text).trimEnd().split('\n').filter((line) => !RUNNER_FRAME.test(line));
  return lines.length <= MAX_LINES ? lines.join('\n') : [...lines.slice(0, MAX_LINES), `... ${lines.length - MAX_LINES} more lines`].join('\n');
}

/** A check counts as one test. */
export function countCheck({ code, output }) {
  return code === 0 ? { passed: 1, failed: 0, skipped: 0, failures: [] } : { passed: 0, failed: 1, skipped: 0, failures: [firstLines(output)] };
}

/** Jest's own JSON. A file that could not be loaded has no tests to count: it is one failure. */
export function countJest({ resultFile }) {
  if (!existsSync(resultFile)) return undefined;
  const result = JSON.parse(readFileSync(resultFile, 'utf8'));
  const failures = [];
  for (const file of result.testResults) {
    const name = relative(root, file.name);
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    for (const test of failed) failures.push(`${name}: ${test.fullName}\n${firstLines(test.failureMessages.join('\n'))}`);
    if (file.status === 'failed' && failed.length === 0) failures.push(`${name}\n${firstLines(file.message)}`);
  }
  return {
    passed: result.numPassedTests,
    failed: Math.max(failures.length, result.numFailedTests + result.numRuntimeErrorTestSuites),
    skipped: result.numPendingTests + result.numTodoTests,
    failures,
  };
}

/** The TAP summary of `node --test`. */
export function countNodeTest({ output }) {
  const number = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? Number.NaN);
  const counts = { passed: number('pass'), failed: number('fail') + number('cancelled'), skipped: number('skipped') + number('todo') };
  if (Object.values(counts).some(Number.isNaN)) return undefined;
  const failures = output.split(/^(?=\s*(?:not )?ok \d)/m).filter((part) => part.trimStart().startsWith('not ok')).map(firstLines);
  return { ...counts, failures };
}

/** The conformance runner's last line; what it printed before it shows the differences. */
export function countConformance({ output }) {
  const match = /^conformance: (\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(stripVTControlCharacters(output));
  if (match === null) return undefined;
  const [passed, failed, skipped] = match.slice(1).map(Number);
  return { passed, failed, skipped, failures: failed === 0 ? [] : [firstLines(output)] };
}

/**
 * The simulation's last line; a seed counts as one test. What it printed before it tells of the seeds that failed, and how
 * long they took, which is its note.
 */
export function countDst(run) {
  const counted = countLine('dst', run);
  const speed = /^in ([^:]+): ([^,]+),/m.exec(run.output);
  if (counted === undefined || speed === null) return counted;
  return { ...counted, note: `${(counted.passed + counted.failed).toLocaleString('en-US')} seeds in ${speed[1]}, ${speed[2]}` };
}

/** The fuzzing's last line; a target counts as one test. What it printed before it are the findings. */
export function countFuzz(run) {
  return countLine('fuzz', run);
}

/** The chaos run's last line; a checker counts as one test for each round. What it printed before it are the violations. */
export function countChaos(run) {
  return countLine('chaos', run);
}

function countLine(name, { output }) {
  const match = new RegExp(`^${name}: (\\d+) passed, (\\d+) failed$`, 'm').exec(stripVTControlCharacters(output));
  if (match === null) return undefined;
  const [passed, failed] = match.slice(1).map(Number);
  return { passed, failed, skipped: 0, failures: failed === 0 ? [] : [firstLines(output)] };
}
