import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCurrentInstance, removeCurrentInstance, writeCurrentInstance } from './current-instance.ts';

const INSTANCE = { natsUrl: 'nats://127.0.0.1:4222', command: 'up', stateDir: '/tmp/x', services: [{ name: 'matcher', pid: 1, httpPort: 2 }] } as const;

let cwd = '';

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'irqmesh-current-'));
});

afterEach(() => rmSync(cwd, { recursive: true, force: true }));

/** Changes the file as another process might have written it. */
function rewrite(change: object): void {
  const file = join(cwd, '.irqmesh/current.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...change }));
}

describe('the current instance', () => {
  it('is found while its process lives, and gone once removed', () => {
    expect(readCurrentInstance(cwd)).toBeUndefined();
    writeCurrentInstance(INSTANCE, cwd);
    expect(readCurrentInstance(cwd)).toMatchObject({ ...INSTANCE, pid: process.pid });
    removeCurrentInstance(cwd);
    expect(readCurrentInstance(cwd)).toBeUndefined();
  });

  it('of a process that is gone does not count, nor one whose number another process has now', () => {
    writeCurrentInstance(INSTANCE, cwd);
    rewrite({ pid: spawnSync('true').pid });
    expect(readCurrentInstance(cwd)).toBeUndefined();
    rewrite({ pid: process.pid, startTicks: '1' });
    expect(readCurrentInstance(cwd)).toBeUndefined();
  });

  it('of another process that lives is neither replaced nor removed', () => {
    writeCurrentInstance(INSTANCE, cwd);
    const startTicks = readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19];
    rewrite({ pid: process.ppid, startTicks });
    writeCurrentInstance({ ...INSTANCE, natsUrl: 'nats://127.0.0.1:1' }, cwd);
    removeCurrentInstance(cwd);
    expect(readCurrentInstance(cwd)).toMatchObject({ natsUrl: INSTANCE.natsUrl, pid: process.ppid });
  });

  it('that is damaged does not count', () => {
    writeCurrentInstance(INSTANCE, cwd);
    writeFileSync(join(cwd, '.irqmesh/current.json'), '{"natsUrl":');
    expect(readCurrentInstance(cwd)).toBeUndefined();
  });
});
