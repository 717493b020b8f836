import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeConformance, judgeSimulation } from './trial.mjs';

const ended = (output, errors = '', killedBy = null) => ({ output, errors, killedBy, timeoutMs: 300_000 });

test('what a checker finds is noticed', () => {
  const output = 'seed 17 failed:\n  model: event 4 (PairConnected of t0): it records no further callback\n    line of a trace\n\ndst: 16 passed, 1 failed\n';
  assert.deepEqual(judgeSimulation(ended(output)), { outcome: 'noticed', by: 'seed 17: model: event 4 (PairConnected of t0): it records no further callback' });
});

test('a program that does not run, breaks off or hangs is broken, not noticed', () => {
  for (const sentence of ['an error that nobody caught: ReferenceError: x is not defined', 'the run broke off: Error: no', 'the run was not over after 60 s']) {
    assert.equal(judgeSimulation(ended(`seed 1 failed:\n  processes: ${sentence}\n`)).outcome, 'broken');
  }
  const errors = 'file:///x.js:3\n  x y\n    ^\nSyntaxError: Unexpected identifier\n    at compile';
  assert.deepEqual(judgeSimulation(ended('', errors)), { outcome: 'broken', by: 'it broke off: SyntaxError: Unexpected identifier' });
  assert.deepEqual(judgeSimulation(ended('', '', 'SIGTERM')), { outcome: 'broken', by: 'it did not end within 300 s' });
  assert.equal(judgeConformance(ended('', errors)).outcome, 'broken');
});

test('a golden trace that differs is noticed', () => {
  assert.deepEqual(judgeConformance(ended('case a differs\nconformance: 130 passed, 9 failed, 0 skipped\n')), { outcome: 'noticed', by: 'conformance: 9 golden traces of the kernel' });
});
