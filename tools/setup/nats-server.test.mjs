import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { machineMirrors } from './nats-debian.mjs';
import { checkSha256, fetchRelease, RELEASE, releasePlatform } from './nats-release.mjs';
import { checkNatsServer, ensureNatsServer, findNatsServer, natsServerWays, noNatsServer } from './nats-server.mjs';
import { SetupError } from './progress.mjs';

function workspace(t) {
  const dir = mkdtempSync(join(tmpdir(), 'irqmesh-nats-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A program that answers --version with the given line. */
function program(dir, name, answer) {
  const file = join(dir, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho "${answer}"\n`);
  chmodSync(file, 0o755);
  return file;
}

/** The ways without the two that need a network. */
const localWays = (env, dir) => natsServerWays({ nodePath: process.execPath, env, cached: join(dir, 'cache/nats-server') }).filter((way) => !way.isFetch);

async function serve(t, answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

test('a server is taken only if it runs here and is new enough', async (t) => {
  const dir = workspace(t);
  const good = program(dir, 'good', 'nats-server: v2.12.0');
  assert.equal(await checkNatsServer(good), good);
  await assert.rejects(checkNatsServer(program(dir, 'old', 'nats-server: v2.9.10')), /is version 2\.9\.10, older than 2\.12/);
  await assert.rejects(checkNatsServer(program(dir, 'other', 'redis 7.0.0')), /does not answer --version as a nats-server does/);
  await assert.rejects(checkNatsServer(join(dir, 'none')), /does not exist/);
  const damaged = join(dir, 'damaged');
  writeFileSync(damaged, 'no program');
  await assert.rejects(checkNatsServer(damaged), /does not run here/);
});

test('IRQMESH_NATS_SERVER goes before PATH, PATH before what was fetched earlier', async (t) => {
  const dir = workspace(t);
  const own = program(dir, 'own', 'nats-server: v2.15.1');
  const onPath = program(join(dir, 'bin'), 'nats-server', 'nats-server: v2.14.0');
  const cached = program(join(dir, 'cache'), 'nats-server', 'nats-server: v2.13.0');
  const PATH = join(dir, 'bin');
  assert.equal(await findNatsServer(localWays({ IRQMESH_NATS_SERVER: own, PATH }, dir)), own);
  assert.equal(await findNatsServer(localWays({ PATH }, dir)), onPath);
  assert.equal(await findNatsServer(localWays({ PATH: '/nowhere' }, dir)), cached);
  assert.equal(await findNatsServer(localWays({ IRQMESH_NATS_SERVER: join(dir, 'gone'), PATH: '/nowhere' }, dir)), cached);
});

test('IRQMESH_NATS_URL: that server is used, none is looked for', async () => {
  const env = { IRQMESH_NATS_URL: 'nats://10.0.0.1:4222', IRQMESH_NATS_SERVER: '/nowhere' };
  assert.deepEqual(await ensureNatsServer({ nodePath: process.execPath, env }), { natsUrl: 'nats://10.0.0.1:4222' });
});

test('when every way fails, the error says why for each and what to do', async (t) => {
  const dir = workspace(t);
  program(join(dir, 'bin'), 'nats-server', 'nats-server: v2.9.10');
  const message = await findNatsServer(localWays({ IRQMESH_NATS_SERVER: '/nowhere/nats', PATH: join(dir, 'bin') }, dir)).then(assert.fail, (error) => error.message);
  assert.match(message, /- IRQMESH_NATS_SERVER: \/nowhere\/nats does not exist/);
  assert.match(message, /- PATH: .* is version 2\.9\.10, older than 2\.12/);
  assert.match(message, /- fetched earlier: none yet/);
  assert.match(message, /IRQMESH_NATS_URL=/);
  for (const line of noNatsServer([]).message.split('\n')) assert.ok(line.length <= 80, line);
});

test('a failure that is no reason, but a fault of ours, is not hidden', async () => {
  const broken = { name: 'broken', find: () => Promise.reject(new TypeError('bug')) };
  await assert.rejects(findNatsServer([broken]), TypeError);
});

test('a release archive that is not the published one is refused', async (t) => {
  const dir = workspace(t);
  const releasesUrl = await serve(t, (_request, response) => response.end('not the archive'));
  await assert.rejects(fetchRelease({ nodePath: process.execPath, dir, releasesUrl, platform: 'linux-amd64' }), (error) => {
    assert.ok(error instanceof SetupError);
    assert.match(error.message, /its SHA-256 is [0-9a-f]{12}\.\.\., published is 5d2c51caca95\.\.\.: refused/);
    return true;
  });
  assert.equal(existsSync(join(dir, 'nats-server')), false);
});

test('a release archive with the published checksum is unpacked', async (t) => {
  const dir = workspace(t);
  const stem = `nats-server-v${RELEASE}-linux-amd64`;
  program(join(dir, stem), 'nats-server', `nats-server: v${RELEASE}`);
  const archive = execFileSync('tar', ['-czf', '-', '-C', dir, stem]);
  rmSync(join(dir, stem), { recursive: true });
  const asked = [];
  const releasesUrl = await serve(t, (request, response) => {
    asked.push(request.url);
    response.end(archive);
  });
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const file = await fetchRelease({ nodePath: process.execPath, dir, releasesUrl, platform: 'linux-amd64', sha256 });
  assert.deepEqual(asked, [`/v${RELEASE}/${stem}.tar.gz`]);
  assert.equal(await checkNatsServer(file), file);
});

test('a download that fails says why in one line', async (t) => {
  const dir = workspace(t);
  const missing = await serve(t, (_request, response) => response.writeHead(404).end());
  await assert.rejects(fetchRelease({ nodePath: process.execPath, dir, releasesUrl: missing, platform: 'linux-amd64' }), /^SetupError: 127\.0\.0\.1:\d+ answered 404 Not Found$/);
  const closed = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(`http://127.0.0.1:${port}`));
    });
  });
  await assert.rejects(
    fetchRelease({ nodePath: process.execPath, dir, releasesUrl: closed, platform: 'linux-amd64' }),
    /^SetupError: 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)$/,
  );
});

test('the checksum accepts the file it was made of, and platforms without one are refused', (t) => {
  const file = join(workspace(t), 'file');
  writeFileSync(file, 'content');
  checkSha256(file, createHash('sha256').update('content').digest('hex'));
  assert.throws(() => checkSha256(file, '0'.repeat(64)), /refused/);
  assert.equal(releasePlatform('darwin', 'arm64'), 'darwin-arm64');
  assert.equal(releasePlatform('linux', 'x64'), 'linux-amd64');
  assert.throws(() => releasePlatform('linux', 'riscv64'), /no archive for linux-riscv64/);
});

test('a machine that is no Debian, or has no Debian mirror, is told so', (t) => {
  const etcDir = workspace(t);
  assert.throws(() => machineMirrors({ etcDir }), /is not a Debian/);
  writeFileSync(join(etcDir, 'os-release'), 'ID=debian\nVERSION_CODENAME=bookworm\n');
  mkdirSync(join(etcDir, 'apt'));
  assert.throws(() => machineMirrors({ etcDir }), /no Debian mirror stands in apt's sources/);
  writeFileSync(join(etcDir, 'apt/sources.list'), 'deb http://mirror.example/debian bookworm main\n');
  assert.deepEqual(machineMirrors({ etcDir }), [{ uri: 'http://mirror.example/debian', signedBy: undefined }]);
});
