import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

// A line of an export: a CloudEvent in structured JSON mode. What is read comes from anywhere, so nothing is believed
// before it was looked at.

/** The longest line in characters: 2 MiB. A message of NATS's usual 1 MiB fits in base64. */
export const MAX_EXPORT_LINE_LENGTH = 2 * 1024 * 1024;

/** The one version of the CloudEvents specification there is. */
export const SPEC_VERSION = '1.0';

/** How much of wrong input is repeated in a sentence. */
const MAX_QUOTED = 80;

/** A line that is no line of an export. The message names the line, and the field where one is at fault. */
export class ExportLineError extends Error {
  override readonly name = 'ExportLineError';
  /** From 1. */
  readonly line: number;
  /** Undefined when the line as a whole is at fault. */
  readonly field: string | undefined;
  readonly reason: string;

  constructor(line: number, reason: string, field?: string, options?: ErrorOptions) {
    super(`line ${line} cannot be read: ${field === undefined ? reason : `its ${JSON.stringify(field)} ${reason}`}`, options);
    this.line = line;
    this.field = field;
    this.reason = reason;
  }
}

/** The attributes of one line. Only what the line itself holds is seen, whatever its names are. */
export class CloudEvent {
  readonly line: number;
  private readonly json: JsonObject;

  constructor(line: number, json: JsonObject) {
    this.line = line;
    this.json = json;
  }

  /** Undefined where there is none. */
  value(name: string): JsonValue | undefined {
    return Object.hasOwn(this.json, name) ? this.json[name] : undefined;
  }

  /** @throws ExportLineError for what is no text, or an empty one, which no attribute may be */
  optionalText(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    throw this.error(name, `is ${quoted(value)}, it must be a text that is not empty`);
  }

  /** @throws ExportLineError */
  text(name: string): string {
    const text = this.optionalText(name);
    if (text === undefined) throw this.error(name, 'is missing');
    return text;
  }

  /**
   * Those of these attributes that are there.
   * @throws ExportLineError
   */
  texts(names: readonly string[]): Record<string, string> {
    const texts: Record<string, string> = {};
    for (const name of names) {
      const text = this.optionalText(name);
      if (text !== undefined) texts[name] = text;
    }
    return texts;
  }

  error(field: string | undefined, reason: string, cause?: unknown): ExportLineError {
    return new ExportLineError(this.line, reason, field, { cause });
  }
}

/**
 * Checks what every CloudEvent must have: specversion, id, source and type.
 * @param line the line's number, from 1, for errors
 * @throws ExportLineError
 */
export function parseCloudEvent(text: string, line: number): CloudEvent {
  if (text.length > MAX_EXPORT_LINE_LENGTH) throw new ExportLineError(line, `it has more than ${MAX_EXPORT_LINE_LENGTH} characters`);
  const json = parseJson(text, line);
  if (!isObject(json)) throw new ExportLineError(line, `it is ${quoted(json)}, not a CloudEvent in JSON`);
  const event = new CloudEvent(line, json);
  const version = event.text('specversion');
  if (version !== SPEC_VERSION) throw event.error('specversion', `is ${quoted(version)}, it must be ${quoted(SPEC_VERSION)}`);
  for (const name of ['id', 'source', 'type']) event.text(name);
  return event;
}

export function isObject(json: JsonValue | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** A value of a line for a sentence: in JSON, cut where it is long. */
export function quoted(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED)}…`;
}

function parseJson(text: string, line: number): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new ExportLineError(line, text.trim() === '' ? 'it is empty' : `it is not JSON, it begins with ${quoted(text.slice(0, MAX_QUOTED / 2))}`, undefined, { cause });
  }
}
