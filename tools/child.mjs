// Runs a program in our place: same terminal, same signals, same exit code.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The exit code by which shells tell of a signal. */
export const exitCodeOf = (signal) => 128 + constants.signals[signal];

/** On a terminal, Ctrl-C reaches the child by itself (same process group); a second one could mean "at once". */
function reachesChildByItself(signal) {
  return signal === 'SIGINT' && [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
}

/**
 * Runs the program and waits for its end whatever signal comes: it gets the signal and stops in its own way.
 * @returns {Promise<number>} its exit code
 */
export function runChild(file, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: 'inherit' });
    const forward = (signal) => {
      if (!reachesChildByItself(signal)) child.kill(signal);
    };
    const finish = () => SIGNALS.forEach((signal) => process.off(signal, forward));
    for (const signal of SIGNALS) process.on(signal, forward);
    child.on('error', (error) => {
      finish();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      finish();
      resolve(signal === null ? code : exitCodeOf(signal));
    });
  });
}
