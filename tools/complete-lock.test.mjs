import assert from 'node:assert/strict';
import test from 'node:test';
import { completeLock, platformOf } from './complete-lock.mjs';

test('a platform package\'s name says where it installs', () => {
  assert.deepEqual(platformOf('@swc/core-linux-x64-musl'), { os: ['linux'], cpu: ['x64'], libc: ['musl'] });
  assert.deepEqual(platformOf('@nx/nx-win32-arm64-msvc'), { os: ['win32'], cpu: ['arm64'], libc: undefined });
  assert.deepEqual(platformOf('@bufbuild/buf-linux-armv7'), { os: ['linux'], cpu: ['arm'], libc: undefined });
  assert.equal(platformOf('fsevents'), undefined);
});

test('only missing platform packages are added, each once', () => {
  const lock = {
    packages: {
      '': { optionalDependencies: {} },
      'node_modules/tool': { version: '1.2.3', dev: true, optionalDependencies: { '@tool/linux-x64': '1.2.3', '@tool/darwin-arm64': '1.2.3', fsevents: '2.3.3' } },
      'node_modules/tool/node_modules/@tool/linux-x64': { version: '1.2.3', optional: true },
    },
  };
  assert.deepEqual(completeLock(lock), ['@tool/darwin-arm64']);
  assert.deepEqual(lock.packages['node_modules/@tool/darwin-arm64'], { version: '1.2.3', cpu: ['arm64'], dev: true, libc: undefined, optional: true, os: ['darwin'] });
  assert.deepEqual(completeLock(lock), []);
});
