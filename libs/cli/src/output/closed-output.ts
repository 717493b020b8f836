import { ExitCode } from '../command-error.ts';

let closed = false;

/** Whether whoever read our output has left (`irqmesh log export - | head`). */
export function isOutputClosed(): boolean {
  return closed;
}

/** Ends this process in peace once nobody reads its output: a command that has something to stop stops it, others just end. */
export function endWithOutput(): void {
  process.stdout.on('error', onOutputError);
  process.stderr.on('error', onOutputError);
}

function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  // Every write fails from then on; one stop is enough, and a second would end the process at once.
  if (closed) return;
  closed = true;
  // At once, while somebody listens: a signal that is sent may come when nobody does any more.
  if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM', 'SIGTERM');
  else process.exit(ExitCode.OK);
}
