// Downloads are unpacked in a scratch folder and moved to their place only when they were seen to run:
// what stands in the tool chain is whole.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toolchainDir } from './paths.mjs';

const scratchRoot = join(toolchainDir, 'scratch');

/** Removes what an interrupted set-up left. Only for the holder of set-up's lock. */
export function clearScratch() {
  rmSync(scratchRoot, { recursive: true, force: true });
}

/** Runs `work` with an empty folder that is gone afterwards. */
export async function withScratch(name, work) {
  mkdirSync(scratchRoot, { recursive: true });
  const dir = mkdtempSync(join(scratchRoot, `${name}-`));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Puts a checked file or folder in its place, instead of whatever stood there. */
export function moveIntoPlace(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { recursive: true, force: true });
  renameSync(from, to);
}
