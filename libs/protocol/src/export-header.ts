import type { JsonObject } from '@bufbuild/protobuf';
import { ExportLineError, isObject, parseCloudEvent, quoted, SPEC_VERSION } from './export-cloud-event.ts';
import type { CloudEvent } from './export-cloud-event.ts';
import { formatEventTime, parseEventTime } from './event-time.ts';

/** The version of the export's format that this code writes. It grows when a reader of an older one would go wrong. */
export const EXPORT_FORMAT_VERSION = 1;

const TYPE = 'irqmesh.v1.LogExported';
const SOURCE = 'irqmesh/log';

/** The greatest number of partitions that subjects can name. */
const MAX_PARTITIONS = 65_536;

/** What the first line of an export says of the rest, and of the log that it came from. */
export interface ExportHeader {
  /** How many partitions the log's tokens are spread over. */
  readonly partitions: number;
  /** When the log's stream was made, in milliseconds since 1970. */
  readonly createdMs: number;
  readonly firstSequence: number;
  /** One less than `firstSequence` for a log without events. */
  readonly lastSequence: number;
  /** Of the program that wrote it. */
  readonly irqmeshVersion: string;
}

/** The first line, without its end. It says nothing of when it was written: exports of the same events are the same bytes. */
export function encodeExportHeader({ partitions, createdMs, firstSequence, lastSequence, irqmeshVersion }: ExportHeader): string {
  const created = formatEventTime(createdMs);
  return JSON.stringify({
    specversion: SPEC_VERSION,
    id: `${created}/${firstSequence}-${lastSequence}`,
    source: SOURCE,
    type: TYPE,
    datacontenttype: 'application/json',
    data: { formatVersion: EXPORT_FORMAT_VERSION, partitions, created, firstSequence, lastSequence, irqmeshVersion },
  });
}

/**
 * Reads a file's first line, or as much of it as there is.
 * @throws ExportLineError that says what kind of file it is instead, where that can be seen
 */
export function decodeExportHeader(text: string): ExportHeader {
  const other = otherFormat(text);
  if (other !== undefined) throw new ExportLineError(1, other);
  const event = parseCloudEvent(text, 1);
  const type = event.text('type');
  if (type !== TYPE) throw event.error('type', `is ${quoted(type)}, the first line of an export has ${quoted(TYPE)}`);
  const data = event.value('data');
  if (!isObject(data)) throw event.error('data', 'is not the JSON object that the first line of an export has');
  checkVersion(event, data);
  const partitions = wholeNumber(event, data, 'partitions', 1);
  if (partitions > MAX_PARTITIONS) throw event.error('data.partitions', `is ${partitions}, it must be at most ${MAX_PARTITIONS}`);
  const firstSequence = wholeNumber(event, data, 'firstSequence', 1);
  return {
    partitions,
    createdMs: created(event, data),
    firstSequence,
    lastSequence: wholeNumber(event, data, 'lastSequence', firstSequence - 1),
    irqmeshVersion: textOf(event, data, 'irqmeshVersion'),
  };
}

/** Before all else: a newer format may lack what this one has. */
function checkVersion(event: CloudEvent, data: JsonObject): void {
  const version = wholeNumber(event, data, 'formatVersion', 1);
  if (version === EXPORT_FORMAT_VERSION) return;
  throw event.error('data.formatVersion', `is ${version}, this program reads format ${EXPORT_FORMAT_VERSION}: use a newer one`);
}

/** What a file is that is taken for an export now and then. */
function otherFormat(text: string): string | undefined {
  if (text === '') return 'the file is empty';
  if (text.startsWith('\u001f')) return 'it is compressed by gzip: give the file a name that ends in .gz, or send it through gunzip';
  if (text.startsWith('<')) return 'it is XML, not an export of the log';
  if (text.includes('\0')) return 'it is not text, so no export of the log';
  return undefined;
}

function field(data: JsonObject, name: string): JsonObject[string] | undefined {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

function wholeNumber(event: CloudEvent, data: JsonObject, name: string, min: number): number {
  const value = field(data, name);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value;
  throw wrong(event, data, name, `a whole number from ${min}`);
}

function textOf(event: CloudEvent, data: JsonObject, name: string): string {
  const value = field(data, name);
  if (typeof value === 'string') return value;
  throw wrong(event, data, name, 'a text');
}

function created(event: CloudEvent, data: JsonObject): number {
  const text = textOf(event, data, 'created');
  try {
    return parseEventTime(text);
  } catch (cause) {
    throw event.error('data.created', `is ${quoted(text)}, it must be a time like 2026-01-31T08:15:00.123Z`, cause);
  }
}

function wrong(event: CloudEvent, data: JsonObject, name: string, wanted: string): ExportLineError {
  const value = field(data, name);
  return event.error(`data.${name}`, value === undefined ? `is missing, it must be ${wanted}` : `is ${quoted(value)}, it must be ${wanted}`);
}
