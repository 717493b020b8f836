import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOnPath, runCommand, whyFailed } from './command.mjs';

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')); // a zombie has ended
  } catch (error) {
    if (error.code === 'ESRCH' || error.code === 'ENOENT') return false;
    throw error;
  }
};

test('a command past its time limit is ended with all that it started', { skip: process.platform !== 'linux' }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'irqmesh-command-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const pidFile = join(dir, 'pid');
  const result = await runCommand('sh', ['-c', `sleep 60 & echo $! > ${pidFile}; wait`], { timeoutMs: 500 });
  assert.equal(result.ok, false);
  assert.equal(whyFailed(result), 'no end after 0.5 s');
  const grandchild = Number(readFileSync(pidFile, 'utf8'));
  for (let waitedMs = 0; isAlive(grandchild) && waitedMs < 2_000; waitedMs += 20) await sleep(20);
  assert.equal(isAlive(grandchild), false);
});

test('the reason of a failure is the command\'s own error line', async () => {
  const apt = await runCommand('sh', ['-c', 'echo Hit; echo "W: careful" >&2; echo "E: no such mirror" >&2; echo "E: some files failed" >&2; exit 100'], { timeoutMs: 5_000 });
  assert.equal(whyFailed(apt), 'E: no such mirror');
  assert.equal(whyFailed(await runCommand('sh', ['-c', 'echo one; echo two; exit 3'], { timeoutMs: 5_000 })), 'two');
  assert.equal(whyFailed(await runCommand('sh', ['-c', 'exit 3'], { timeoutMs: 5_000 })), 'exit code 3, no message');
  assert.equal(whyFailed(await runCommand('irqmesh-no-such-program', [], { timeoutMs: 5_000 })), 'the program is not there');
  assert.equal(whyFailed(await runCommand('sh', ['-c', 'kill -TERM $$'], { timeoutMs: 5_000 })), 'it was ended by SIGTERM');
});

test('programs are looked up in absolute PATH entries only', () => {
  assert.match(findOnPath('sh', { PATH: '.:/nowhere:/bin:/usr/bin' }), /^\/.*\/sh$/);
  assert.equal(findOnPath('irqmesh-no-such-program', { PATH: '/bin' }), undefined);
  assert.equal(findOnPath('sh', {}), undefined);
});
