import { fromJson } from '@bufbuild/protobuf';
import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';

/**
 * Where in a JSON value that a message type refuses the fault lies, as a path like `items[3].callbacks`; '' for the
 * value itself. The parser names only the field's type, which in a batch of 2,048 items helps nobody.
 */
export function faultPath(schema: DescMessage, json: JsonValue): string {
  if (!isObject(json)) return '';
  for (const field of schema.fields) {
    const name = field.jsonName in json ? field.jsonName : field.name;
    const value = json[name];
    if (value === undefined) continue;
    const nested = nestedFault(field, name, value);
    if (nested !== undefined) return nested;
    if (!isAccepted(schema, { [name]: value })) return name;
  }
  return '';
}

function nestedFault(field: DescField, name: string, value: JsonValue): string | undefined {
  const { message } = field;
  if (message === undefined) return undefined;
  if (!Array.isArray(value)) return isAccepted(message, value) ? undefined : join(name, faultPath(message, value));
  const at = value.findIndex((item) => !isAccepted(message, item));
  return at < 0 ? undefined : join(`${name}[${at}]`, faultPath(message, value[at]!));
}

function join(outer: string, inner: string): string {
  return inner === '' ? outer : `${outer}.${inner}`;
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function isAccepted(schema: DescMessage, json: JsonValue): boolean {
  try {
    fromJson(schema, json);
    return true;
  } catch (error) {
    // Only "this JSON does not fit" is an answer here; the parser has no error type of its own for it.
    if (error instanceof RangeError) throw error;
    return false;
  }
}
