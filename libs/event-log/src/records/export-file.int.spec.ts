import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeExportHeader, encodeExportLine, ExportLineError } from '@irqmesh/protocol';
import { fill } from '../../test-support/records.ts';
import { InMemoryEventLog } from '../in-memory-event-log.ts';
import { ExportFile } from './export-file.ts';

let folder: string;
let files = 0;
/** The lines of a whole export of six events. */
let lines: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irqmesh-test-'));
  const log = new InMemoryEventLog();
  const records = await fill(log, 2);
  const header = encodeExportHeader({ partitions: 16, createdMs: 5, firstSequence: 1, lastSequence: records.length, irqmeshVersion: '0' });
  lines = [header, ...records.map(encodeExportLine)];
});

afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: string | Uint8Array, extension = 'ndjson'): Promise<string> {
  const path = join(folder, `${++files}.${extension}`);
  await writeFile(path, content);
  return path;
}

/** What is read before the error, and the error's message. */
async function reading(path: string): Promise<{ readonly sequences: number[]; readonly error: string | undefined }> {
  const sequences: number[] = [];
  try {
    const file = await ExportFile.open(path);
    for await (const { sequence } of file.records(file.header.firstSequence, file.header.lastSequence)) sequences.push(sequence);
    return { sequences, error: undefined };
  } catch (error) {
    expect(error).toBeInstanceOf(ExportLineError);
    return { sequences, error: (error as Error).message };
  }
}

function text(of: readonly string[]): string {
  return of.map((line) => `${line}\n`).join('');
}

describe('a file that is no whole export', () => {
  it('is read up to the line in which it ends', async () => {
    const cut = text(lines).slice(0, -30);
    const expected = { sequences: [1, 2, 3, 4, 5], error: 'line 7 cannot be read: the file ends in the middle of it' };
    expect(await reading(await fileOf(cut))).toEqual(expected);
    expect(await reading(await fileOf(gzipSync(cut), 'gz'))).toEqual(expected);
  });

  it('is read up to where its compressed bytes end', async () => {
    const compressed = gzipSync(text(lines), { level: 0 });
    const { sequences, error } = await reading(await fileOf(compressed.subarray(0, -200), 'gz'));
    expect(sequences).toEqual([1, 2, 3, 4, 5]);
    expect(error).toBe('line 7 cannot be read: the file ends in the middle of it');
  });

  it('may lack the last line end', async () => {
    expect(await reading(await fileOf(text(lines).slice(0, -1)))).toEqual({ sequences: [1, 2, 3, 4, 5, 6], error: undefined });
  });

  it.each([
    ['lines are missing at its end', () => lines.slice(0, 5), [1, 2, 3, 4], 'line 6 cannot be read: the file ends before it, so event 5 is missing; the first line says that it goes to 6'],
    ['a line is missing', () => lines.toSpliced(3, 1), [1, 2], 'line 4 cannot be read: it holds event 4, so event 3 is missing'],
    ['lines are swapped', () => [...lines.slice(0, 3), lines[4]!, lines[3]!, ...lines.slice(5)], [1, 2], 'line 4 cannot be read: it holds event 4, so event 3 is missing'],
    ['a line stands there twice', () => lines.toSpliced(3, 0, lines[2]!), [1, 2], 'line 4 cannot be read: it holds event 2, where 3 must stand: the events are not in order'],
    ['it holds more than it says', () => [...lines, lines[6]!.replace('"sequence":"6"', '"sequence":"7"')], [1, 2, 3, 4, 5, 6], 'line 8 cannot be read: it holds event 7, the first line says that the file ends at 6'],
    ['a line is no JSON', () => lines.with(4, 'x'), [1, 2, 3], 'line 5 cannot be read: it is not JSON, it begins with "x"'],
    ['an empty line stands in it', () => lines.toSpliced(4, 0, ''), [1, 2, 3], 'line 5 cannot be read: it is empty'],
    ['its first line is missing', () => lines.slice(1), [], 'line 1 cannot be read: its "type" is "irqmesh.v1.ConsumerRegistered", the first line of an export has "irqmesh.v1.LogExported"'],
  ])('is told when %s', async (_what, make, sequences, error) => {
    expect(await reading(await fileOf(text(make())))).toEqual({ sequences, error });
  });
});

describe('another file', () => {
  it.each([
    ['an empty one', '', 'ndjson', 'the file is empty'],
    ['an empty compressed one', gzipSync(''), 'gz', 'the file is empty'],
    ['a gzip file by another name', gzipSync('x'.repeat(5000)), 'ndjson', 'it is compressed by gzip'],
    ['XML', `<?xml version="1.0"?>${'x'.repeat(100_000)}`, 'ndjson', 'it is XML'],
    ['binary', new Uint8Array(200_000), 'ndjson', 'it is not text'],
    ['one that is not compressed', text(['{"a":1}']), 'gz', "the file's compression is damaged: incorrect header check"],
  ])('is told by what it is: %s', async (_what, content, extension, reason) => {
    expect((await reading(await fileOf(content, extension))).error).toContain(`line 1 cannot be read: ${reason}`);
  });

  it('that is not there, or is a folder, is the system’s to tell', async () => {
    await expect(ExportFile.open(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(ExportFile.open(join(folder, 'nothing.gz'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(ExportFile.open(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});
