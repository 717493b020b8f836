// What set-up says, and how it fails. All of it goes to standard error: standard output belongs to the command.

/** A failure that the user can act on: its message is printed as it is, without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Prints one line of set-up's. */
export function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

/** Runs a slow piece of work between two lines: what begins, and how long it took. */
export async function timed(what, work) {
  say(`${what} ...`);
  const startedMs = performance.now();
  const result = await work();
  say(`  done in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return result;
}
