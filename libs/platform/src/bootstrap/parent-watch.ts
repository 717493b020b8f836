import { types } from 'node:util';

const POLL_INTERVAL_MS = 500;

/**
 * Calls `onGone` once when the process `parentPid` is gone, so that a killed parent leaves no children behind.
 * The parent may also be a grandparent: a shell or a package manager may stand between.
 * @returns ends the watching
 */
export function watchParent(parentPid: number, onGone: () => void): () => void {
  // A number may be given to another process; one's own parent's cannot without our noticing.
  const isParent = process.ppid === parentPid;
  const isGone = (): boolean => (isParent ? process.ppid !== parentPid : !processExists(parentPid));
  const timer = setInterval(() => {
    if (!isGone()) return;
    clearInterval(timer);
    onGone();
  }, POLL_INTERVAL_MS);
  return () => clearInterval(timer);
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to another user.
    return types.isNativeError(error) && 'code' in error && error.code === 'EPERM';
  }
}
