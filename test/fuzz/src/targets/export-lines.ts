import { IrqBypassError } from '@irqmesh/domain';
import { decodeExportHeader, decodeExportLine, encodeExportHeader, encodeExportLine, ExportLineError, recordFacts } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import { LogVerifier } from '@irqmesh/replay';
import fc from 'fast-check';
import { eventMessages } from '../corpus/events.ts';
import type { EventInput } from '../corpus/events.ts';
import { attempt } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { sameAgain } from '../engine/round-trip.ts';
import { mutateJson } from '../mutate/json.ts';
import { mutateProtobuf } from '../mutate/protobuf.ts';
import { steps } from '../mutate/steps.ts';
import { mutateText } from '../mutate/text.ts';

type ExportInput =
  | { readonly reads: 'header' | 'line'; readonly text: string }
  /** What a log may hold whoever wrote it: its line must give it back to the byte. */
  | { readonly reads: 'record'; readonly record: LogRecord };

const PARTITIONS = 16;
const WORDS = ['"data":', '"data_base64":', '"natssubject":', '"otherheaders":', '"sequence":"0"', '{}', '[]', 'null', '\u0000', '\\u0000', '\u001F\u008B'];

const time = fc.nat({ max: 253_402_300_799_999 });
const header = fc
  .record({ partitions: fc.integer({ min: 1, max: 65_536 }), createdMs: time, firstSequence: fc.integer({ min: 1, max: 1_000 }), more: fc.nat({ max: 1_000 }) })
  .map(({ more, ...rest }) => encodeExportHeader({ ...rest, lastSequence: rest.firstSequence - 1 + more, irqmeshVersion: '0.1.0' }));

/** The messages of the log as their lines. */
const lines = eventMessages.map(encodeExportLine);
/** A message that somebody else may have put into the log: any bytes, headers with any text that a header may hold. */
const anyHeaders = fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,30}$/), fc.stringMatching(/^[\x21-\x7e]{0,60}$/), { maxKeys: 4 });
const foreign = fc.tuple(eventMessages, steps, anyHeaders).map(([message, done, more]): EventInput => ({ ...message, payload: mutateProtobuf(message.payload, done), headers: { ...message.headers, ...more } }));

const isLegitimate = (error: unknown): boolean => error instanceof ExportLineError;

/** What an import reads, and what checks it, take any line that is one. */
function check(record: LogRecord): void {
  new LogVerifier().add(recordFacts(record, PARTITIONS));
}

/** Whatever kind of array and object they are. */
function plain({ sequence, subject, headers, payload }: LogRecord): LogRecord {
  return { sequence, subject, headers: { ...headers }, payload: Buffer.from(payload) };
}

function run(input: ExportInput): 'accepted' | 'refused' {
  if (input.reads === 'record') {
    const line = attempt(() => encodeExportLine(input.record), (error) => error instanceof IrqBypassError);
    if (line === undefined) return 'refused';
    const again = decodeExportLine(line.value, 2);
    sameAgain(plain(input.record), plain(again));
    check(again);
    return 'accepted';
  }
  if (input.reads === 'header') {
    const read = attempt(() => decodeExportHeader(input.text), isLegitimate);
    if (read === undefined) return 'refused';
    sameAgain(read.value, decodeExportHeader(encodeExportHeader(read.value)));
    return 'accepted';
  }
  const read = attempt(() => decodeExportLine(input.text, 2), isLegitimate);
  if (read === undefined) return 'refused';
  sameAgain(read.value, decodeExportLine(encodeExportLine(read.value), 2));
  check(read.value);
  return 'accepted';
}

export const exportLines: FuzzTarget<ExportInput> = {
  name: 'export-lines',
  sentence: 'lines of an exported log, as an import and a check of the log read them',
  inputs: fc.oneof(
    { weight: 1, arbitrary: fc.tuple(header, steps).map(([text, done]): ExportInput => ({ reads: 'header', text: mutateJson(text, done) })) },
    { weight: 4, arbitrary: fc.tuple(lines, steps).map(([text, done]): ExportInput => ({ reads: 'line', text: mutateJson(text, done) })) },
    { weight: 2, arbitrary: fc.tuple(lines, steps).map(([text, done]): ExportInput => ({ reads: 'line', text: mutateText(text, done, WORDS) })) },
    { weight: 2, arbitrary: foreign.map((record): ExportInput => ({ reads: 'record', record })) },
  ),
  run,
};
