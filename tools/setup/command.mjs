// Runs the commands that set-up needs. Each gets a process group of its own and a time limit, so that
// neither a hanging download nor Ctrl-C leaves anything running.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

const OUTPUT_LIMIT_CHARS = 64 * 1024;
const running = new Set();

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // it had ended by itself
  }
}

/** Ends every command that still runs, with all that it started. */
export function endRunningCommands() {
  for (const child of running) killGroup(child);
  running.clear();
}

/** The output's end is what tells why a command failed. */
function collect(stream) {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    text = (text + chunk).slice(-OUTPUT_LIMIT_CHARS);
  });
  return () => text;
}

/**
 * Runs a command to its end. Never throws for the command's own failure: see `whyFailed`.
 * @param {string} file program, looked up on the given environment's PATH
 * @param {string[]} args
 * @param {{ timeoutMs: number, cwd?: string, env?: Record<string, string | undefined> }} options
 * @returns {Promise<{ ok: boolean, code: number | null, stdout: string, stderr: string, failure?: string }>}
 */
export function runCommand(file, args, { timeoutMs, cwd, env = process.env }) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, timeoutMs);
    const finish = (code, failure) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ok: failure === undefined && code === 0, code, stdout: stdout(), stderr: stderr(), failure });
    };
    child.on('spawn', () => running.add(child));
    child.on('error', (error) => finish(null, error.code === 'ENOENT' ? 'the program is not there' : `it does not start (${error.code})`));
    child.on('close', (code, signal) => {
      if (timedOut) finish(code, `no end after ${timeoutMs / 1000} s`);
      else finish(code, signal === null ? undefined : `it was ended by ${signal}`);
    });
  });
}

/** One line that says why a command failed: its own first error line, if it wrote one, else its last words. */
export function whyFailed(result) {
  if (result.failure !== undefined) return result.failure;
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const telling = lines.find((line) => /^(E:|.*\berror:)/i.test(line)) ?? lines.at(-1);
  return telling ?? `exit code ${result.code}, no message`;
}

/** The full path of a program on PATH, or undefined. */
export function findOnPath(name, env = process.env) {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((dir) => isAbsolute(dir))
    .map((dir) => join(dir, name))
    .find((file) => existsSync(file));
}
