import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';

const runner = `
  const { runChild } = await import(${JSON.stringify(new URL('./child.mjs', import.meta.url).href)});
  process.exitCode = await runChild(process.execPath, ['-e', process.argv[1]], process.env);`;

/** Runs `script` under runChild in a process of its own; resolves when the script has printed "ready". */
async function start(t, script) {
  const wrapper = spawn(process.execPath, ['--input-type=module', '-e', runner, '--', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => wrapper.kill('SIGKILL'));
  wrapper.stdout.setEncoding('utf8');
  const lines = [];
  wrapper.stdout.on('data', (chunk) => lines.push(...chunk.trim().split('\n')));
  const ended = once(wrapper, 'close').then(([code, signal]) => ({ code, signal, lines }));
  await Promise.race([once(wrapper.stdout, 'data'), ended]);
  return { wrapper, ended };
}

test('the exit code is the child\'s', async (t) => {
  const { ended } = await start(t, 'process.exit(7)');
  assert.equal((await ended).code, 7);
});

test('a child that was ended by a signal gives 128 plus its number', async (t) => {
  const { ended } = await start(t, 'process.kill(process.pid, "SIGKILL")');
  assert.equal((await ended).code, 137);
});

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
  test(`${signal} goes to the child, and the wrapper waits for its end`, async (t) => {
    const script = `process.on("${signal}", () => setTimeout(() => { console.log("stopped"); process.exit(3); }, 200)); console.log("ready"); setInterval(() => {}, 1000);`;
    const { wrapper, ended } = await start(t, script);
    wrapper.kill(signal);
    const { code, lines } = await ended;
    assert.deepEqual(lines, ['ready', 'stopped']);
    assert.equal(code, 3);
  });
}
