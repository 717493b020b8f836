import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import { detectSource } from './detect-source.ts';
import { buildHost } from './host/build-host.ts';
import type { HostReading } from './host/build-host.ts';
import type { Source } from './source-text.ts';
import type { Warning } from './warning.ts';

/** The most files read for one host. */
export const MAX_FILES = 256;
/** The largest file read, in bytes. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** The most bytes read for one host, all files together. */
export const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

/** Texts read from files, and which files of a folder were left out. */
export interface SourcesReading {
  readonly sources: readonly Source[];
  readonly warnings: readonly Warning[];
}

/**
 * Reads the inventory of one host from files and folders (of a folder, the files right in it, in the order of their
 * names).
 * @throws IrqBypassError -ENOENT for a path that is not there, -EACCES for one that may not be read, -EMSGSIZE for one
 * that is too large, -EINVAL for no path at all, an empty folder, a binary file, or when none of the files is of a
 * known kind
 */
export async function readHostInventory(name: string, paths: readonly string[]): Promise<HostReading> {
  const { sources, warnings } = await readSourceFiles(paths);
  const unknown = sources.map((source) => detectSource(source.name, source.text)).filter(({ kind }) => kind === 'unknown');
  if (unknown.length === sources.length) {
    const what = sources.length === 1 ? `${sources[0]!.name}: ${unknown[0]!.sentence}` : `none of the ${sources.length} files is /proc/interrupts, libvirt XML or a QEMU command line`;
    throw new IrqBypassError(Errno.EINVAL, `no inventory for ${name}: ${what}`);
  }
  const reading = buildHost({ name, sources });
  return { host: reading.host, warnings: [...warnings, ...reading.warnings] };
}

/**
 * Reads the texts of files and folders, bounded in number and size. A file of a folder that cannot be read is left out
 * with a warning; else it throws as `readHostInventory` does.
 */
export async function readSourceFiles(paths: readonly string[]): Promise<SourcesReading> {
  if (paths.length === 0) throw new IrqBypassError(Errno.EINVAL, 'no file or folder is given');
  const reader = new FileReader();
  for (const path of paths) {
    if ((await statPath(path)).isDirectory()) await reader.readFolder(path);
    else await reader.readFile(path);
  }
  return reader;
}

class FileReader implements SourcesReading {
  readonly sources: Source[] = [];
  readonly warnings: Warning[] = [];
  #budgetBytes = MAX_TOTAL_BYTES;

  /** Reads the files right in the folder, sorted by name, but hidden ones. */
  async readFolder(folder: string): Promise<void> {
    const names = (await attempt(folder, () => readdir(folder))).filter((name) => !name.startsWith('.'));
    const before = this.sources.length;
    for (const path of names.toSorted().map((name) => join(folder, name))) {
      await this.#readMember(path);
    }
    if (this.sources.length === before) throw new IrqBypassError(Errno.EINVAL, `the folder ${folder} holds no text file that can be read`);
  }

  async #readMember(path: string): Promise<void> {
    try {
      if ((await statPath(path)).isDirectory()) this.#leaveOut(path, 'notice', 'it is a folder in a folder');
      else await this.readFile(path);
    } catch (error) {
      if (!(error instanceof IrqBypassError) || error.errno === Errno.EMSGSIZE) throw error;
      this.#leaveOut(path, 'warning', error.message);
    }
  }

  async readFile(path: string): Promise<void> {
    if (this.sources.length >= MAX_FILES) throw new IrqBypassError(Errno.EMSGSIZE, `${path} is file number ${MAX_FILES + 1}; at most ${MAX_FILES} are read for one host`);
    if (!(await statPath(path)).isFile()) throw new IrqBypassError(Errno.EINVAL, `${path} is neither a file nor a folder`);
    const limit = Math.min(MAX_FILE_BYTES, this.#budgetBytes);
    const bytes = await attempt(path, () => readUpTo(path, limit + 1));
    if (bytes.length > limit) {
      const why = limit < MAX_FILE_BYTES ? `all files of one host together may hold ${MAX_TOTAL_BYTES} bytes` : `a file may hold ${MAX_FILE_BYTES} bytes`;
      throw new IrqBypassError(Errno.EMSGSIZE, `${path} is too large: ${why}`);
    }
    this.#budgetBytes -= bytes.length;
    if (bytes.includes(0)) throw new IrqBypassError(Errno.EINVAL, `${path} is a binary file; an inventory is text`);
    this.sources.push({ name: path, text: bytes.toString('utf8') });
  }

  #leaveOut(source: string, level: Warning['level'], why: string): void {
    this.warnings.push({ source, line: 0, level, reason: `left out: ${why}` });
  }
}

const CHUNK_BYTES = 256 * 1024;

/** Reads up to `limit` bytes, whatever `stat` promises: files under /proc have size 0. */
async function readUpTo(path: string, limit: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    while (total < limit) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(CHUNK_BYTES, limit - total)));
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      total += bytesRead;
    }
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
}

function statPath(path: string) {
  return attempt(path, () => stat(path));
}

/** Runs a file operation; its failure becomes one sentence with an errno. */
async function attempt<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new IrqBypassError(Errno.ENOENT, `${path} does not exist`, { cause: error });
    if (code === 'EACCES' || code === 'EPERM') throw new IrqBypassError(Errno.EACCES, `${path} may not be read by this user`, { cause: error });
    throw new IrqBypassError(Errno.EIO, `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
