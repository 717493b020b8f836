import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/**
 * Ends a child when this process is gone, however it ended, SIGKILL included: a shell waits for the end of a pipe that
 * only this process holds open. nats-server itself does not notice that its parent died, and an exit handler does not
 * run on SIGKILL.
 * @returns the guard, to be killed once the child has ended (its pid may then belong to another process)
 */
export function guardAgainstOrphan(pid: number): ChildProcess {
  // Detached, since a Ctrl-C in the terminal goes to the whole group and must not end the guard before the child.
  return spawn('sh', ['-c', 'read -r _; kill -TERM "$0"', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
}
