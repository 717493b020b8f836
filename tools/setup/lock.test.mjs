import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { acquireLock, isStale, MAX_HELD_MS } from './lock.mjs';

const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;
const noWait = () => assert.fail('nobody holds the lock');

function workspace(t) {
  const dir = mkdtempSync(join(tmpdir(), 'irqmesh-lock-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return { dir, lockDir: join(dir, 'setup.lock') };
}

function leaveLock(lockDir, owner) {
  mkdirSync(lockDir);
  writeFileSync(join(lockDir, 'owner.json'), JSON.stringify(owner));
}

test('a lock is free again after its release, and nothing is left', async (t) => {
  const { dir, lockDir } = workspace(t);
  for (let round = 0; round < 2; round += 1) {
    const release = await acquireLock(lockDir, { waitMs: 1_000, onWait: noWait });
    release();
  }
  assert.deepEqual(readdirSync(dir), []);
});

test('the lock of a dead process is taken over', async (t) => {
  const { lockDir } = workspace(t);
  leaveLock(lockDir, { pid: deadPid(), host: hostname(), sinceMs: Date.now() });
  const release = await acquireLock(lockDir, { waitMs: 2_000, onWait: noWait });
  release();
});

test('the lock of a living process is waited for, and the wait ends with what to do', async (t) => {
  const { lockDir } = workspace(t);
  leaveLock(lockDir, { pid: process.ppid, host: hostname(), sinceMs: Date.now() });
  const waits = [];
  await assert.rejects(acquireLock(lockDir, { waitMs: 300, onWait: (owner) => waits.push(owner.pid) }), /another set-up still holds .*; remove it if none runs/);
  assert.deepEqual(waits, [process.ppid]);
});

test('whether an owner is gone: by pid on this machine, else by age', () => {
  const nowMs = Date.now();
  assert.equal(isStale({ pid: deadPid(), host: 'another-host', sinceMs: nowMs }, nowMs), false);
  assert.equal(isStale({ pid: process.pid, host: 'another-host', sinceMs: nowMs - MAX_HELD_MS - 1 }, nowMs), true);
  assert.equal(isStale({ pid: process.pid, host: hostname(), sinceMs: nowMs }, nowMs), false);
});

test('of many processes one at a time holds it, starting from a stale lock', async (t) => {
  const { dir, lockDir } = workspace(t);
  leaveLock(lockDir, { pid: deadPid(), host: hostname(), sinceMs: Date.now() });
  const counter = join(dir, 'counter');
  writeFileSync(counter, '0');
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    const { acquireLock } = await import(${JSON.stringify(new URL('./lock.mjs', import.meta.url).href)});
    for (let i = 0; i < 5; i += 1) {
      const release = await acquireLock(${JSON.stringify(lockDir)}, { waitMs: 30000, onWait: () => undefined });
      const seen = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
      await sleep(5);
      writeFileSync(${JSON.stringify(counter)}, String(seen + 1));
      release();
    }`;
  const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  assert.equal(readFileSync(counter, 'utf8'), '20');
});
