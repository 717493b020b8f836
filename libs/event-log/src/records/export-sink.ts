import { createWriteStream } from 'node:fs';
import type { Stats } from 'node:fs';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { isCompressed } from './export-file.ts';

/** Where an export goes. */
export interface ExportSink {
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** Makes what was written last. @returns its size in bytes */
  commit(): Promise<number>;
  /** Takes away what was written, where it can be. */
  discard(): Promise<void>;
}

/** There is a file already, or something that no file may take the place of. */
export class ExportTargetError extends Error {
  override readonly name = 'ExportTargetError';
}

/**
 * A file that is there whole or not at all: it is written under another name beside its place, and moved there when it
 * is on the disk. Compressed by gzip where its name ends in `.gz`.
 * @param overwrite whether a file that is there is replaced
 * @throws ExportTargetError, or the system's error
 */
export async function openFileSink(path: string, overwrite: boolean): Promise<ExportSink> {
  const target = await realTarget(path);
  await checkTarget(path, target, overwrite);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  return new FileSink(path, target, temporary, overwrite);
}

/** A stream that stays its owner's, such as the standard output. */
export function openStreamSink(stream: Writable): ExportSink {
  let bytes = 0;
  return {
    write: async (text) => {
      bytes += Buffer.byteLength(text);
      await new Promise<void>((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));
    },
    commit: async () => bytes,
    discard: async () => {},
  };
}

class FileSink implements ExportSink {
  private readonly path: string;
  private readonly target: string;
  private readonly temporary: string;
  private readonly overwrite: boolean;
  private readonly input: Transform;
  /** Resolves when all is on the disk. */
  private readonly written: Promise<void>;
  private failure: Error | undefined;
  /** Ends the wait for room when there will be none. */
  private wake: (() => void) | undefined;

  constructor(path: string, target: string, temporary: string, overwrite: boolean) {
    this.path = path;
    this.target = target;
    this.temporary = temporary;
    this.overwrite = overwrite;
    this.input = isCompressed(path) ? createGzip() : new PassThrough();
    this.written = pipeline(this.input, createWriteStream(temporary, { flags: 'wx', flush: true }));
    this.input.on('drain', () => this.wake?.());
    this.written.catch((error: unknown) => {
      this.failure = error as Error;
      this.wake?.();
    });
  }

  async write(text: string): Promise<void> {
    this.throwFailure();
    if (this.input.write(text)) return;
    await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = undefined;
    // It may have been set while this waited.
    this.throwFailure();
  }

  async commit(): Promise<number> {
    this.input.end();
    await this.written;
    const { size } = await stat(this.temporary);
    await checkTarget(this.path, this.target, this.overwrite);
    await rename(this.temporary, this.target);
    await syncFolder(dirname(this.target));
    return size;
  }

  async discard(): Promise<void> {
    this.input.destroy();
    // Whatever ended the writing has been told by then.
    await this.written.catch(() => undefined);
    await rm(this.temporary, { force: true });
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

/** The file behind a symbolic link, so that the link stays one. */
async function realTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return path;
    throw error;
  }
}

async function checkTarget(path: string, target: string, overwrite: boolean): Promise<void> {
  const there = await statOf(target);
  if (there === undefined) return;
  if (!there.isFile()) throw new ExportTargetError(`${path} is no regular file`);
  if (!overwrite) throw new ExportTargetError(`${path} exists already`);
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** So that the new name is on the disk too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
