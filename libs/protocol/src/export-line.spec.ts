import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { event } from '../test-support/arbitraries.ts';
import { encodeEvent } from './event-codec.ts';
import { EventHeader } from './event-headers.ts';
import { ExportLineError, MAX_EXPORT_LINE_LENGTH } from './export-cloud-event.ts';
import { decodeExportLine, encodeExportLine } from './export-line.ts';
import { checkRecord } from './log-record.ts';
import type { LogRecord } from './log-record.ts';

const sequence = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const expected = fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), { nil: undefined });

/** A record as a registry or matcher writes it. */
const written = fc.tuple(event, sequence, expected).map(([original, at, last]): LogRecord => {
  const { headers, ...rest } = encodeEvent(original, 16);
  return { sequence: at, ...rest, headers: last === undefined ? headers : { ...headers, [EventHeader.expectedLastSequence]: String(last) } };
});

const headerName = fc.oneof(
  fc.constantFrom(...Object.values(EventHeader)),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'otherheaders', '7', 'CE-ID'),
  fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
);
const headers = fc.uniqueArray(fc.tuple(headerName, fc.oneof(fc.constantFrom('', ' ', '1.0', '0', 'application/protobuf', 'null'), fc.string({ unit: 'binary' }))), { selector: ([name]) => name, maxLength: 15 });

/** Any bytes under any headers; those of a real event among them, whole or with some headers changed. */
const anyRecord = fc.oneof(
  fc.record({ sequence, subject: fc.string({ minLength: 1, unit: 'binary' }), headers: headers.map(record), payload: fc.uint8Array({ maxLength: 300 }) }),
  fc.tuple(written, headers).map(([whole, changes]): LogRecord => ({ ...whole, headers: record([...Object.entries(whole.headers), ...changes]) })),
  fc.tuple(written, fc.uint8Array({ maxLength: 12 })).map(([whole, more]): LogRecord => ({ ...whole, payload: Uint8Array.of(...whole.payload, ...more) })),
);

function record(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(entries);
}

/** A record's parts as values that compare by what they hold. */
function plain({ headers: all, payload, ...rest }: LogRecord): unknown {
  return { ...rest, headers: new Map(Object.entries(all)), payload: Buffer.from(payload).toString('hex') };
}

function parsed(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

const [sample] = fc.sample(written, 1);

/** A line whose attributes were changed by hand; undefined takes one away. */
function edited(changes: Readonly<Record<string, unknown>>, from: LogRecord = sample!): string {
  return JSON.stringify({ ...parsed(encodeExportLine(from)), ...changes });
}

function refusal(line: string): string {
  try {
    decodeExportLine(line, 7);
  } catch (error) {
    expect(error).toBeInstanceOf(ExportLineError);
    return (error as ExportLineError).message;
  }
  throw new Error('it was accepted');
}

describe('a line of an export', () => {
  it('is one CloudEvent that shows an event in full', () => {
    fc.assert(
      fc.property(written, (original) => {
        const line = encodeExportLine(original);
        expect(line).not.toContain('\n');
        const attributes = parsed(line);
        expect(attributes).toMatchObject({ specversion: '1.0', sequence: String(original.sequence), id: original.headers['ce-id'], datacontenttype: 'application/json', natssubject: original.subject });
        expect(Object.keys(attributes['data'] as object)).toHaveLength(1);
        expect(attributes).not.toHaveProperty('data_base64');
        expect(attributes).not.toHaveProperty('otherheaders');
        for (const name of Object.keys(attributes)) expect(name).toMatch(name === 'data' ? /data/ : /^[a-z0-9]{1,20}$/);
        expect(plain(decodeExportLine(line, 2))).toEqual(plain(original));
        expect(checkRecord(decodeExportLine(line, 2))).toBe('right');
      }),
    );
  });

  it('keeps any record to the byte', () => {
    fc.assert(
      fc.property(anyRecord, (original) => {
        const line = encodeExportLine(original);
        expect(line).not.toContain('\n');
        expect(plain(decodeExportLine(line, 2))).toEqual(plain(original));
        for (const name of ['specversion', 'id', 'source', 'type']) expect(parsed(line)[name]).toMatch(/./);
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same line when it is read and written again', () => {
    fc.assert(
      fc.property(fc.oneof(written, anyRecord), (original) => {
        const line = encodeExportLine(original);
        expect(encodeExportLine(decodeExportLine(line, 2))).toBe(line);
      }),
    );
  });

  it('holds stored bytes of the first version, which had no checksum', () => {
    const stored = JSON.parse(readFileSync(new URL('../test-data/v1.json', import.meta.url), 'utf8')) as { message: Omit<LogRecord, 'payload'> & { payload: string } }[];
    for (const { message } of stored) {
      const original = { ...message, payload: Buffer.from(message.payload, 'base64') };
      const line = encodeExportLine(original);
      expect(parsed(line)).toHaveProperty('data');
      expect(plain(decodeExportLine(line, 2))).toEqual(plain(original));
    }
  });

  it('takes no prototype from its input', () => {
    const line = edited({}).replace('{', '{"__proto__":{"polluted":"yes","causationid":"from the prototype"},');
    expect(decodeExportLine(line, 2).headers['polluted']).toBeUndefined();
    expect(decodeExportLine(line, 2).headers['ce-causationid']).toBe(sample!.headers['ce-causationid']);
    const others = decodeExportLine(edited({ otherheaders: '{"__proto__":"a header","constructor":"another"}' }), 2).headers;
    expect(Object.entries(others)).toEqual(expect.arrayContaining([['__proto__', 'a header'], ['constructor', 'another']]));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads any text or refuses it by its line', () => {
    const json = fc.json();
    const withChanges = fc.tuple(fc.constantFrom(...Object.keys(parsed(edited({}))), 'otherheaders', 'data_base64'), fc.jsonValue()).map(([name, value]) => edited({ [name]: value }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), json, withChanges), (text) => {
        try {
          decodeExportLine(text, 7);
        } catch (error) {
          expect(error).toBeInstanceOf(ExportLineError);
          expect((error as ExportLineError).message).toMatch(/^line 7 cannot be read: /);
          expect((error as ExportLineError).message.length).toBeLessThan(1000);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a wrong line', () => {
  it.each([
    ['', 'it is empty'],
    ['{"specversion":', 'it is not JSON, it begins with "{\\"specversion\\":"'],
    ['[]', 'it is [], not a CloudEvent in JSON'],
    ['null', 'it is null, not a CloudEvent in JSON'],
    ['{}', 'its "specversion" is missing'],
    ['x'.repeat(MAX_EXPORT_LINE_LENGTH + 1), `it has more than ${MAX_EXPORT_LINE_LENGTH} characters`],
  ])('is told by what it is: %.20s', (line, reason) => {
    expect(refusal(line)).toBe(`line 7 cannot be read: ${reason}`);
  });

  it.each([
    ['specversion', '0.3', 'is "0.3", it must be "1.0"'],
    ['id', undefined, 'is missing'],
    ['source', 5, 'is 5, it must be a text that is not empty'],
    ['type', '', 'is "", it must be a text that is not empty'],
    ['time', 'yesterday', 'is "yesterday", it must be a time like 2026-01-31T08:15:00.123Z'],
    ['sequence', 7, 'is 7, it must be a text that is not empty'],
    ['sequence', '0', 'is "0", it must be a whole number from 1'],
    ['sequence', '07', 'is "07", it must be a whole number from 1'],
    ['sequence', '9007199254740992', 'is "9007199254740992", it must be a whole number from 1'],
    ['natssubject', undefined, 'is missing'],
    ['token', 'another', 'is "another", which is not the token of its "natssubject"'],
    ['otherheaders', '[1]', 'is "[1]", it must hold a JSON object of headers'],
    ['otherheaders', '{', 'is "{", it must hold a JSON object of headers'],
    ['otherheaders', '{"a":1}', 'holds 1 for "a", it must be a text or null'],
    ['data', undefined, 'is missing, and so is "data_base64"'],
    ['data', 'text', 'is "text", not an event in JSON'],
    ['datacontenttype', 'text/plain', 'is "text/plain", beside "data" it must be "application/json"'],
  ])('names its %s: %j', (name, value, reason) => {
    expect(refusal(edited({ [name]: value }))).toBe(`line 7 cannot be read: its ${JSON.stringify(name)} ${reason}`);
  });

  it('names the place in its data', () => {
    expect(refusal(edited({ data: { producerRegistered: { participant: { host: 1 } } } }))).toMatch(/^line 7 cannot be read: its "data\.producerRegistered\.participant\.host" is not as an event has it/);
    expect(refusal(edited({ data: { unknown: {} } }))).toContain('its "data" is not as an event has it');
  });

  it('has one kind of data, and that as it was written', () => {
    expect(refusal(edited({ data_base64: 'AAAA' }))).toContain('its "data" stands beside "data_base64"');
    for (const wrong of ['AAA', 'AA=A', 'AAAA ', 'AB==', '-_-_', 'ä', '====']) expect(refusal(edited({ data: undefined, data_base64: wrong }))).toContain('its "data_base64" is not base64');
    expect(refusal(edited({ data: undefined, data_base64: 5 }))).toContain('its "data_base64" is 5, it must be a text');
  });
});

describe('a record', () => {
  it('that is too large for a line is refused when it is written', () => {
    const large = { ...sample!, sequence: 12, payload: new Uint8Array(MAX_EXPORT_LINE_LENGTH * 0.75) };
    expect(() => encodeExportLine(large)).toThrow(/^-90 \(EMSGSIZE\): event 12 of the log has 1572864 bytes/);
  });
});
