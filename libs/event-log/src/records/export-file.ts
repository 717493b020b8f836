import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { decodeExportHeader, decodeExportLine, ExportLineError } from '@irqmesh/protocol';
import type { ExportHeader, LogRecord } from '@irqmesh/protocol';
import type { LogIdentity } from '../port.ts';
import { LineSplitter } from './line-splitter.ts';
import { checkRange } from './record-source.ts';
import type { RecordSource } from './record-source.ts';

const OPENING_BRACE = 0x7b;
const BEGINNING_BYTES = 200;

/** Whether a file's name says that it is compressed. */
export function isCompressed(path: string): boolean {
  return path.endsWith('.gz');
}

/** An export of a log in a file, compressed by gzip where its name ends in `.gz`. */
export class ExportFile implements RecordSource {
  readonly header: ExportHeader;
  private readonly path: string;

  private constructor(path: string, header: ExportHeader) {
    this.path = path;
    this.header = header;
  }

  /**
   * Reads the file's first line.
   * @throws ExportLineError when the file is no export; the system's error when it cannot be read
   */
  static async open(path: string): Promise<ExportFile> {
    for await (const { text } of linesOf(path)) return new ExportFile(path, decodeExportHeader(text));
    return new ExportFile(path, decodeExportHeader(''));
  }

  get partitions(): number {
    return this.header.partitions;
  }

  async identity(): Promise<LogIdentity> {
    const { createdMs, firstSequence, lastSequence } = this.header;
    return { createdMs, firstSequence, lastSequence };
  }

  /**
   * Every message in the file as it stands there, whatever its order: for whoever checks the file itself.
   * @throws ExportLineError for a line that is no message; the messages before it have been given then
   */
  async *recordsAsTheyStand(): AsyncGenerator<LogRecord, void, undefined> {
    for await (const { text, number, isCut } of linesOf(this.path)) if (number > 1) yield decodeLine(text, number, isCut);
  }

  async *records(fromSequence: number, untilSequence: number): AsyncGenerator<LogRecord, void, undefined> {
    checkRange(fromSequence, untilSequence, this.header);
    let next = this.header.firstSequence;
    for await (const { text, number, isCut } of linesOf(this.path)) {
      if (number === 1) continue;
      const record = decodeLine(text, number, isCut);
      if (record.sequence !== next) throw outOfOrder(record.sequence, next, number);
      if (next > this.header.lastSequence) throw new ExportLineError(number, `it holds event ${next}, the first line says that the file ends at ${this.header.lastSequence}`);
      next++;
      if (record.sequence >= fromSequence && record.sequence <= untilSequence) yield record;
      // One that reads to the end sees also what stands behind it.
      if (record.sequence === untilSequence && untilSequence < this.header.lastSequence) return;
    }
    if (next > this.header.lastSequence) return;
    const line = next - this.header.firstSequence + 2;
    throw new ExportLineError(line, `the file ends before it, so event ${next} is missing; the first line says that it goes to ${this.header.lastSequence}`);
  }
}

interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** The file ends in it. */
  readonly isCut: boolean;
}

/** Ends the reading of the file when the caller leaves. */
async function* linesOf(path: string): AsyncGenerator<Line, void, undefined> {
  const splitter = new LineSplitter();
  let number = 0;
  let isFirst = true;
  try {
    for await (const chunk of bytesOf(path) as AsyncIterable<Uint8Array>) {
      if (isFirst) refuseOtherFormats(chunk);
      isFirst = false;
      for (const text of splitter.push(chunk)) yield { text, number: ++number, isCut: false };
    }
  } catch (error) {
    throw compressionError(error, number + 1);
  }
  const text = splitter.end();
  if (text !== undefined) yield { text, number: ++number, isCut: true };
}

function bytesOf(path: string): Readable {
  const file = createReadStream(path);
  if (!isCompressed(path)) return file;
  // By this flush, what a cut file holds is given before its end is missed; by default an error takes its place.
  return pipeline(file, createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }), () => {
    // The reader of the last stream hears of every error.
  });
}

/**
 * A file of another kind may have no lines: it is told by how it begins.
 * @throws ExportLineError
 */
function refuseOtherFormats(chunk: Uint8Array): void {
  if (chunk[0] !== OPENING_BRACE) decodeExportHeader(Buffer.from(chunk.subarray(0, BEGINNING_BYTES)).toString());
}

function decodeLine(text: string, number: number, isCut: boolean): LogRecord {
  try {
    return decodeExportLine(text, number);
  } catch (error) {
    if (isCut && error instanceof ExportLineError) throw new ExportLineError(number, 'the file ends in the middle of it', undefined, { cause: error });
    throw error;
  }
}

function outOfOrder(sequence: number, expected: number, line: number): ExportLineError {
  return new ExportLineError(line, sequence > expected ? `it holds event ${sequence}, so event ${expected} is missing` : `it holds event ${sequence}, where ${expected} must stand: the events are not in order`);
}

/** What is wrong with the compressed bytes, as a fault of the line that they should have held. */
function compressionError(error: unknown, line: number): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  return code?.startsWith('Z_') === true ? new ExportLineError(line, `the file's compression is damaged: ${message}`, undefined, { cause: error }) : error;
}
