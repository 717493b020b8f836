// One set-up at a time in a checkout: two at once would take each other's half-made files for finished ones.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './progress.mjs';

const OWNER_FILE = 'owner.json';
/** Longer than all of set-up's time limits together: whoever has held the lock for so long is gone. */
export const MAX_HELD_MS = 45 * 60_000;
const POLL_MS = 100;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // it lives, under another user
  }
}

/** Who holds the lock, or undefined when nobody does (or just let go). */
function readOwner(lockDir) {
  try {
    return JSON.parse(readFileSync(join(lockDir, OWNER_FILE), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new SetupError(`the lock ${lockDir} cannot be read (${error.message}); remove it if no set-up runs`);
  }
}

/** A pid says nothing about a process of another machine that shares the folder; its age still does. */
export function isStale(owner, nowMs = Date.now()) {
  if (nowMs - owner.sinceMs > MAX_HELD_MS) return true;
  return owner.host === hostname() && !isAlive(owner.pid);
}

/** Renaming a filled folder onto a filled folder fails: the lock appears whole and to one only. */
function tryAcquire(lockDir) {
  const mine = mkdtempSync(`${lockDir}-`);
  writeFileSync(join(mine, OWNER_FILE), JSON.stringify({ pid: process.pid, host: hostname(), sinceMs: Date.now() }));
  try {
    renameSync(mine, lockDir);
    return true;
  } catch (error) {
    rmSync(mine, { recursive: true, force: true });
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the lock away in one step before it is deleted, so that nobody sees half of it. */
function remove(lockDir) {
  const away = mkdtempSync(`${lockDir}-`);
  renameSync(lockDir, away);
  rmSync(away, { recursive: true, force: true });
}

/** Only one may clear a stale lock, and looks again first: else the second clears the first one's new lock. */
function clearIfStale(lockDir) {
  const guard = `${lockDir}-clearing`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const guardAgeMs = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (guardAgeMs > 10_000) rmSync(guard, { recursive: true, force: true }); // its maker died within microseconds
    return;
  }
  try {
    const owner = readOwner(lockDir);
    if (owner !== undefined && isStale(owner)) remove(lockDir);
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

/**
 * Takes the lock, waiting while another living process holds it.
 * @param {string} lockDir
 * @param {{ waitMs: number, onWait: (owner: { pid: number, host: string }) => void }} options
 * @returns {Promise<() => void>} lets go; to be called once
 */
export async function acquireLock(lockDir, { waitMs, onWait }) {
  mkdirSync(dirname(lockDir), { recursive: true });
  const deadlineMs = Date.now() + waitMs;
  let told = false;
  while (!tryAcquire(lockDir)) {
    const owner = readOwner(lockDir);
    if (owner !== undefined && isStale(owner)) {
      clearIfStale(lockDir);
    } else if (owner !== undefined && !told) {
      onWait(owner);
      told = true;
    }
    if (Date.now() > deadlineMs) throw new SetupError(`another set-up still holds ${lockDir} after ${waitMs / 60_000} min; remove it if none runs`);
    await sleep(POLL_MS);
  }
  return () => {
    if (readOwner(lockDir)?.pid === process.pid) remove(lockDir); // else it was taken from us by hand
  };
}
