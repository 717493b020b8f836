import assert from 'node:assert/strict';
import test from 'node:test';
import { isAtLeast, parseVersion } from './versions.mjs';

test('versions are read from what programs print', () => {
  assert.deepEqual(parseVersion('nats-server: v2.15.1\n'), [2, 15, 1]);
  assert.deepEqual(parseVersion('v24.21.0'), [24, 21, 0]);
  assert.deepEqual(parseVersion('2.12-preview'), [2, 12, 0]);
  assert.equal(parseVersion('not a version'), undefined);
});

test('versions are compared as numbers, not as text', () => {
  assert.equal(isAtLeast([2, 12, 0], [2, 12, 0]), true);
  assert.equal(isAtLeast([2, 9, 10], [2, 12, 0]), false);
  assert.equal(isAtLeast([22, 12, 99], [22, 13, 0]), false);
  assert.equal(isAtLeast([24, 0, 0], [22, 13, 0]), true);
});
