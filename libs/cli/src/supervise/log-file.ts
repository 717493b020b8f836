import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { types } from 'node:util';

/** Reads what a child appends to its log file, line by line. */
export class LogFileReader {
  private readonly path: string;
  private offset: number;
  private rest = '';

  /** Begins at the file's present end. */
  constructor(path: string) {
    this.path = path;
    this.offset = sizeOf(path);
  }

  /** The whole lines that were added since the last call. */
  readNew(): string[] {
    const lines = (this.rest + this.readText()).split('\n');
    this.rest = lines.pop()!;
    return lines;
  }

  private readText(): string {
    const size = sizeOf(this.path);
    if (size <= this.offset) return '';
    const text = readBytes(this.path, this.offset, size - this.offset);
    this.offset = size;
    return text;
  }
}

const TAIL_BYTES = 16 * 1024;
const LINE_CHARACTERS_MAX = 300;

/** The last lines of a log, made readable: a service's JSON lines as `level: message`. */
export function lastLines(path: string, count: number): string[] {
  const size = sizeOf(path);
  const text = readBytes(path, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
  return text.trimEnd().split('\n').filter((line) => line !== '').slice(-count).map(readable);
}

/** The fields of a JSON line of a service's log; undefined for any other line. */
export function parseLogLine(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readable(line: string): string {
  const { level, msg } = parseLogLine(line) ?? {};
  const text = typeof level === 'string' && typeof msg === 'string' ? `${level}: ${msg}` : line;
  return text.length > LINE_CHARACTERS_MAX ? `${text.slice(0, LINE_CHARACTERS_MAX)}…` : text;
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (types.isNativeError(error) && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

function readBytes(path: string, offset: number, length: number): string {
  if (length === 0) return '';
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, length, offset));
  } finally {
    closeSync(file);
  }
}
