import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fill } from '../../test-support/records.ts';
import { InMemoryEventLog } from '../in-memory-event-log.ts';
import { exportLog } from './export-log.ts';
import { ExportTargetError, openFileSink, openStreamSink } from './export-sink.ts';
import type { ExportSink } from './export-sink.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irqmesh-test-'));
  path = join(folder, 'log.ndjson');
});

afterEach(() => rm(folder, { recursive: true }));

describe('a file sink', () => {
  it('puts the file in its place when it is whole', async () => {
    const sink = await openFileSink(path, false);
    await sink.write('a\n');
    await sink.write('b\n');
    expect(await readdir(folder)).not.toContain('log.ndjson');
    expect(await sink.commit()).toBe(4);
    expect(await readdir(folder)).toEqual(['log.ndjson']);
    expect(await readFile(path, 'utf8')).toBe('a\nb\n');
  });

  it('compresses by the name', async () => {
    const sink = await openFileSink(`${path}.gz`, false);
    await sink.write('x'.repeat(100_000));
    expect(await sink.commit()).toBeLessThan(1000);
    expect(gunzipSync(await readFile(`${path}.gz`)).toString()).toBe('x'.repeat(100_000));
  });

  it('leaves nothing when it is discarded, however much was written', async () => {
    for (const name of [path, `${path}.gz`]) {
      const sink = await openFileSink(name, false);
      await sink.write('x'.repeat(1_000_000));
      await sink.discard();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces a file only when it is told to', async () => {
    await writeFile(path, 'old');
    await expect(openFileSink(path, false)).rejects.toThrow(new ExportTargetError(`${path} exists already`));
    const sink = await openFileSink(path, true);
    await sink.write('new');
    expect(await readFile(path, 'utf8')).toBe('old');
    await sink.commit();
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('does not replace a file that came meanwhile', async () => {
    const sink = await openFileSink(path, false);
    await sink.write('new');
    await writeFile(path, 'other');
    await expect(sink.commit()).rejects.toThrow(ExportTargetError);
    await sink.discard();
    expect(await readdir(folder)).toEqual(['log.ndjson']);
    expect(await readFile(path, 'utf8')).toBe('other');
  });

  it('replaces no device or folder, and writes where a link points to', async () => {
    await expect(openFileSink('/dev/null', true)).rejects.toThrow('/dev/null is no regular file');
    await mkdir(path);
    await expect(openFileSink(path, true)).rejects.toThrow('is no regular file');
    const [real, link] = [join(folder, 'real'), join(folder, 'link')];
    await writeFile(real, 'old');
    await symlink(real, link);
    const sink = await openFileSink(link, true);
    await sink.write('new');
    await sink.commit();
    expect(await readFile(real, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['link', 'real']));
  });

  it('tells when there is no such folder', async () => {
    const sink = await openFileSink(join(folder, 'no', 'file'), false);
    await expect(writeUntilFull(sink)).rejects.toMatchObject({ code: 'ENOENT' });
    await sink.discard();
  });
});

async function writeUntilFull(sink: ExportSink): Promise<void> {
  for (let count = 0; count < 100; count++) await sink.write('x'.repeat(100_000));
}

describe('exportLog', () => {
  it('leaves nothing when it is stopped, also while the sink takes nothing', async () => {
    const log = new InMemoryEventLog();
    await fill(log, 200);
    const stopping = new AbortController();
    const onProgress = (): void => stopping.abort(new Error('stopped'));
    const sink = await openFileSink(path, false);
    await expect(exportLog({ source: log, sink, irqmeshVersion: '0', onProgress, signal: stopping.signal })).rejects.toThrow('stopped');
    expect(await readdir(folder)).toEqual([]);

    const blocked = new AbortController();
    const stuck = openStreamSink(new Writable({ write: () => blocked.abort(new Error('stopped too')) }));
    await expect(exportLog({ source: log, sink: stuck, irqmeshVersion: '0', onProgress: () => undefined, signal: blocked.signal })).rejects.toThrow('stopped too');
  });

  it('writes the same bytes for the same events', async () => {
    const log = new InMemoryEventLog();
    await fill(log, 100);
    const written = await Promise.all([path, `${path}.2`].map(async (name) => {
      const result = await exportLog({ source: log, sink: await openFileSink(name, false), irqmeshVersion: '0', onProgress: () => undefined, signal: new AbortController().signal });
      const content = await readFile(name, 'utf8');
      expect(result).toEqual({ events: 300, bytes: content.length });
      return content;
    }));
    expect(written[0]).toBe(written[1]);
    expect(written[0]!.split('\n')).toHaveLength(302);
  });
});
