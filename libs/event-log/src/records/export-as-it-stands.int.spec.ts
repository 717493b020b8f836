import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { encodeEvent, encodeExportHeader, encodeExportLine } from '@irqmesh/protocol';
import { anEvent, aRegistration } from '../../test-support/events.ts';
import { ExportFile } from './export-file.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irqmesh-test-'));
});

afterAll(() => rm(folder, { recursive: true }));

it('a file is read as it stands: in its own order, with gaps, up to a line that is none', async () => {
  const line = (sequence: number): string => encodeExportLine({ sequence, ...encodeEvent(anEvent(aRegistration('consumer')), 16) });
  const path = join(folder, 'log.ndjson');
  const header = encodeExportHeader({ partitions: 16, createdMs: 5, firstSequence: 1, lastSequence: 9, irqmeshVersion: '0' });
  await writeFile(path, [header, line(3), line(1), line(1), line(12), 'x', line(2), ''].join('\n'));
  const sequences: number[] = [];
  const reading = (async () => {
    for await (const { sequence } of (await ExportFile.open(path)).recordsAsTheyStand()) sequences.push(sequence);
  })();
  await expect(reading).rejects.toThrow('line 6 cannot be read: it is not JSON, it begins with "x"');
  expect(sequences).toEqual([3, 1, 1, 12]);
});
