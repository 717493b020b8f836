import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { thrownBy } from '../test-support/thrown-by.ts';
import { ExportLineError } from './export-cloud-event.ts';
import { decodeExportHeader, encodeExportHeader } from './export-header.ts';
import type { ExportHeader } from './export-header.ts';

const HEADER: ExportHeader = { partitions: 16, createdMs: 1_769_847_300_123, firstSequence: 1, lastSequence: 20, irqmeshVersion: '0.1.0' };

function edited(data: Readonly<Record<string, unknown>>): string {
  const event = JSON.parse(encodeExportHeader(HEADER)) as { data: object };
  return JSON.stringify({ ...event, data: { ...event.data, ...data } });
}

function refusal(text: string): string {
  const error = thrownBy(() => decodeExportHeader(text));
  expect(error).toBeInstanceOf(ExportLineError);
  return (error as ExportLineError).message;
}

describe('the first line of an export', () => {
  it('is a CloudEvent that says what the file holds', () => {
    expect(JSON.parse(encodeExportHeader(HEADER))).toEqual({
      specversion: '1.0',
      id: '2026-01-31T08:15:00.123Z/1-20',
      source: 'irqmesh/log',
      type: 'irqmesh.v1.LogExported',
      datacontenttype: 'application/json',
      data: { formatVersion: 1, partitions: 16, created: '2026-01-31T08:15:00.123Z', firstSequence: 1, lastSequence: 20, irqmeshVersion: '0.1.0' },
    });
  });

  it('is read as it was written, also for a log without events', () => {
    const header = fc
      .record({ partitions: fc.integer({ min: 1, max: 65_536 }), createdMs: fc.integer({ min: 0, max: 253_402_300_799_999 }), firstSequence: fc.integer({ min: 1, max: 2 ** 52 }), count: fc.nat(), irqmeshVersion: fc.string() })
      .map(({ count, ...rest }): ExportHeader => ({ ...rest, lastSequence: rest.firstSequence - 1 + count }));
    fc.assert(fc.property(header, (original) => expect(decodeExportHeader(encodeExportHeader(original))).toEqual(original)));
  });

  it.each([
    ['', 'line 1 cannot be read: the file is empty'],
    ['\u001f\ufffd\b', 'line 1 cannot be read: it is compressed by gzip: give the file a name that ends in .gz, or send it through gunzip'],
    ['<?xml version="1.0"?>', 'line 1 cannot be read: it is XML, not an export of the log'],
    ['SQLite format 3\0', 'line 1 cannot be read: it is not text, so no export of the log'],
    ['CPU0 CPU1', 'line 1 cannot be read: it is not JSON, it begins with "CPU0 CPU1"'],
    ['{"a":1}', 'line 1 cannot be read: its "specversion" is missing'],
    ['{"specversion":"1.0","id":"1","source":"x","type":"com.example"}', 'line 1 cannot be read: its "type" is "com.example", the first line of an export has "irqmesh.v1.LogExported"'],
    ['{"specversion":"1.0","id":"1","source":"x","type":"irqmesh.v1.LogExported","data":[]}', 'line 1 cannot be read: its "data" is not the JSON object that the first line of an export has'],
  ])('tells another file by what it is: %.30j', (text, message) => {
    expect(refusal(text)).toBe(message);
  });

  it.each([
    ['formatVersion', 2, 'is 2, this program reads format 1: use a newer one'],
    ['formatVersion', undefined, 'is missing, it must be a whole number from 1'],
    ['partitions', '16', 'is "16", it must be a whole number from 1'],
    ['partitions', 65_537, 'is 65537, it must be at most 65536'],
    ['firstSequence', 0, 'is 0, it must be a whole number from 1'],
    ['lastSequence', -1, 'is -1, it must be a whole number from 0'],
    ['lastSequence', 1.5, 'is 1.5, it must be a whole number from 0'],
    ['created', 'once', 'is "once", it must be a time like 2026-01-31T08:15:00.123Z'],
    ['irqmeshVersion', null, 'is null, it must be a text'],
  ])('names its %s: %j', (name, value, reason) => {
    expect(refusal(edited({ [name]: value }))).toBe(`line 1 cannot be read: its "data.${name}" ${reason}`);
  });
});
