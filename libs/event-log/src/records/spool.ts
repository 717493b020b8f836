import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** An export that was read from a stream, kept in a file so that it can be read twice. */
export interface Spool {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * @throws what reading or writing throws, and the signal's reason; nothing is left then
 */
export async function spoolExport(input: Readable, signal: AbortSignal): Promise<Spool> {
  const folder = await mkdtemp(join(tmpdir(), 'irqmesh-import-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'log.ndjson');
  try {
    await pipeline(input, createWriteStream(path, { flags: 'wx' }), { signal });
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
