import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../setup/paths.mjs';
import { countChaos, countCheck, countConformance, countDst, countFuzz, countJest, countNodeTest } from './counters.mjs';
import { pickStages, stages } from './stages.mjs';

test('a check is one test', () => {
  assert.deepEqual(countCheck({ code: 0, output: 'fine' }), { passed: 1, failed: 0, skipped: 0, failures: [] });
  assert.deepEqual(countCheck({ code: 2, output: 'a.ts(1,1): wrong\n' }), { passed: 0, failed: 1, skipped: 0, failures: ['a.ts(1,1): wrong'] });
});

test('Jest: failed tests are named, a file that cannot be loaded is a failure', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'irqmesh-counters-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const resultFile = join(dir, 'result.json');
  assert.equal(countJest({ resultFile }), undefined);
  writeFileSync(
    resultFile,
    JSON.stringify({
      numPassedTests: 5,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 0,
      numRuntimeErrorTestSuites: 1,
      testResults: [
        { name: join(root, 'libs/a.spec.ts'), status: 'failed', message: '', assertionResults: [{ status: 'failed', fullName: 'token is compared', failureMessages: ['\u001b[31mExpected 0\u001b[39m\n    at it (/x/node_modules/jest/run.js:1:1)\n    at /x/libs/a.ts:1:1'] }] },
        { name: join(root, 'libs/b.spec.ts'), status: 'failed', message: 'Cannot find module', assertionResults: [] },
        { name: join(root, 'libs/c.spec.ts'), status: 'passed', message: '', assertionResults: [{ status: 'passed', fullName: 'ok', failureMessages: [] }] },
      ],
    }),
  );
  assert.deepEqual(countJest({ resultFile }), {
    passed: 5,
    failed: 2,
    skipped: 2,
    failures: ['libs/a.spec.ts: token is compared\nExpected 0\n    at /x/libs/a.ts:1:1', 'libs/b.spec.ts\nCannot find module'],
  });
});

test('node --test: the TAP summary', () => {
  const output = 'TAP version 13\nok 1 - good\nnot ok 2 - bad\n  error: x\n1..2\n# tests 2\n# pass 1\n# fail 1\n# cancelled 0\n# skipped 3\n# todo 0\n';
  const counted = countNodeTest({ output });
  assert.deepEqual({ ...counted, failures: counted.failures.length }, { passed: 1, failed: 1, skipped: 3, failures: 1 });
  assert.match(counted.failures[0], /^not ok 2 - bad/);
  assert.equal(countNodeTest({ output: 'crashed' }), undefined);
});

test('conformance: its last line, and its output where a case failed', () => {
  assert.deepEqual(countConformance({ output: 'x\nconformance: 131 passed, 0 failed, 8 skipped\n' }), { passed: 131, failed: 0, skipped: 8, failures: [] });
  assert.equal(countConformance({ output: 'case a differs\nconformance: 1 passed, 1 failed, 0 skipped\n' }).failures.length, 1);
  assert.equal(countConformance({ output: 'crashed' }), undefined);
});

test('dst: its last line, how long the seeds took, and its output where one failed', () => {
  const output = '6,046 calls, 66.6 min of virtual time\nin 62.4 s: 16 seeds/s, 640 s of virtual time and 990 events a second\nhash of all runs: ab\ndst: 1000 passed, 0 failed\n';
  assert.deepEqual(countDst({ output }), { passed: 1000, failed: 0, skipped: 0, failures: [], note: '1,000 seeds in 62.4 s, 16 seeds/s' });
  assert.deepEqual(countDst({ output: 'dst: 8 passed, 0 failed\n' }), { passed: 8, failed: 0, skipped: 0, failures: [] });
  assert.equal(countDst({ output: 'seed 3 failed:\ndst: 1 passed, 1 failed\n' }).failures.length, 1);
  assert.equal(countDst({ output: 'crashed' }), undefined);
});

test('fuzzing and chaos: their last line, each its own', () => {
  assert.deepEqual(countFuzz({ output: 'table\nfuzz: 11 passed, 0 failed\n' }), { passed: 11, failed: 0, skipped: 0, failures: [] });
  assert.deepEqual(countChaos({ output: 'table\nchaos: 12 passed, 0 failed\n' }), { passed: 12, failed: 0, skipped: 0, failures: [] });
  assert.equal(countFuzz({ output: 'event: crash\nfuzz: 10 passed, 1 failed\n' }).failures.length, 1);
  assert.equal(countFuzz({ output: 'dst: 3 passed, 0 failed\n' }), undefined);
});

test('a filter picks stages by name or family, and refuses unknown names', () => {
  assert.deepEqual(pickStages('jest:int,lint').map(({ name }) => name), ['lint', 'jest:int']);
  assert.deepEqual(pickStages('jest').map(({ name }) => name), ['jest:fast', 'jest:int', 'jest:e2e']);
  assert.equal(pickStages(undefined).length, stages.length);
  assert.throws(() => pickStages('jset'), /no test stage jset; there are: typecheck/);
});
