import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCases } from './trace.ts';

const CASE = {
  name: 'one',
  tags: [],
  participants: { P: { side: 'producer', callbacks: [] } },
  ops: [{ op: 'register_producer', id: 'P', token: 't', irq: 1 }],
  trace: [{ op: 0, calls: [], ret: 0 }],
  final: { producers: {}, consumers: {} },
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traces-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function read(name: string, content: string | Uint8Array): Promise<string[]> {
  const file = join(folder, name);
  await writeFile(file, content);
  const names: string[] = [];
  for await (const each of readCases(file)) names.push(each.name);
  return names;
}

describe('readCases', () => {
  const two = `${JSON.stringify(CASE)}\n${JSON.stringify({ ...CASE, name: 'two' })}\n`;

  it('reads lines, compressed or not, with a line feed at the end or not', async () => {
    expect(await read('plain.jsonl', two)).toEqual(['one', 'two']);
    expect(await read('open.jsonl', two.trimEnd())).toEqual(['one', 'two']);
    expect(await read('dos.jsonl', two.replaceAll('\n', '\r\n'))).toEqual(['one', 'two']);
    expect(await read('packed.jsonl.gz', gzipSync(two))).toEqual(['one', 'two']);
  });

  it.each([
    ['cut off', '{"name": "thr', 'not JSON'],
    ['blank', '', 'not JSON'],
    ['null', 'null', 'not an object'],
    ['a number', '7', 'not an object'],
    ['without a field', JSON.stringify({ ...CASE, final: undefined }), 'no "final"'],
    ['with fewer trace entries than operations', JSON.stringify({ ...CASE, trace: [] }), '1 operations but 0 trace entries'],
    ['with an operation of a stranger', JSON.stringify({ ...CASE, participants: {} }), 'operation 0 names "P"'],
  ])('names file and line of a case that is %s', async (what, line, message) => {
    const name = `${what.replaceAll(' ', '-')}.jsonl`;
    const bad = read(name, `${two}${line}\n${two}`);
    await expect(bad).rejects.toThrow(`${join(folder, name)}:3: `);
    await expect(bad).rejects.toThrow(message);
  });

  it.each(['missing.jsonl', 'missing.jsonl.gz'])('fails for %s, which is not there', async (name) => {
    await expect(readCases(join(folder, name)).next()).rejects.toThrow('ENOENT');
  });

  it('fails for a compressed file that is cut off or none', async () => {
    await expect(read('cut.jsonl.gz', gzipSync(two).subarray(0, 40))).rejects.toThrow('unexpected end of file');
    await expect(read('none.jsonl.gz', two)).rejects.toThrow('incorrect header check');
  });
});
