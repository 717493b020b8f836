import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { watchParent } from './parent-watch.ts';

let unwatch = (): void => {};

afterEach(() => unwatch());

describe('watchParent', () => {
  it('tells when a process that is not the direct parent is gone', async () => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(other, 'spawn');
    const gone = new Promise<string>((resolve) => (unwatch = watchParent(other.pid!, () => resolve('gone'))));
    other.kill('SIGKILL');
    expect(await gone).toBe('gone');
  });

  it('tells nothing while the parent lives, and nothing more once ended', async () => {
    let calls = 0;
    const end = watchParent(process.ppid, () => (calls += 1));
    await new Promise((resolve) => setTimeout(resolve, 700));
    end();
    expect(calls).toBe(0);
  });
});
