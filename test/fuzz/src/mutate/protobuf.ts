import { pick, repeats } from './steps.ts';
import type { Step } from './steps.ts';
import { FIXED32, FIXED64, LENGTH_DELIMITED, readFields, START_GROUP, VARINT, varintBytes, wireField, writeFields } from './wire.ts';
import type { WireField } from './wire.ts';

/** Bytes that an input is not grown beyond. */
const MAX_BYTES = 256 * 1024;

const NUMBERS = [0n, 1n, 2n, 7n, 127n, 128n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
const FIELD_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 11, 15, 16, 99, 18_999, 2 ** 28, 2 ** 29 - 1];
const LIES = [-1, 1, -2, 2, 5, 127, 128, 16_384, 2 ** 31, 2 ** 32, 2 ** 53];
const NOISE = [
  [], [0], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf], [0xf8, 0x88, 0x80, 0x80, 0x80], [0x2e], [0x2a], [0x3e], [0x20], [0x0a, 0x0d],
].map((bytes) => Uint8Array.from(bytes));

/** A field and where it stands. */
interface Place {
  readonly siblings: WireField[];
  readonly at: number;
}

type Mutation = (place: Place, value: number) => void;

/** In the order of severity: steps shrink to the first. */
const MUTATIONS: readonly Mutation[] = [
  ({ siblings, at }) => siblings.splice(at, 1),
  ({ siblings, at }) => siblings.push(structuredClone(siblings[at]!)),
  ({ siblings, at }, value) => siblings.splice(value % siblings.length, 0, ...siblings.splice(at, 1)),
  ({ siblings, at }, value) => (siblings[at]!.number = pick(FIELD_NUMBERS, value)),
  ({ siblings, at }, value) => (siblings[at]!.type = value % 8),
  ({ siblings, at }, value) => (siblings[at]!.lengthLie = pick(LIES, value)),
  ({ siblings, at }, value) => (siblings[at]!.overlong = (value % 11) + 1),
  ({ siblings, at }, value) => setNumber(siblings[at]!, pick(NUMBERS, value)),
  ({ siblings, at }, value) => setNumber(siblings[at]!, BigInt(value)),
  ({ siblings, at }, value) => siblings.splice(at, 0, unknownField(value)),
  ({ siblings, at }, value) => setBytes(siblings[at]!, pick(NOISE, value)),
  ({ siblings, at }, value) => setBytes(siblings[at]!, Buffer.concat([bytesOf(siblings[at]!), pick(NOISE, value)])),
  ({ siblings, at }, value) => setBytes(siblings[at]!, Buffer.alloc(repeats(value, 1, MAX_BYTES), value % 5 === 0 ? 0xc3 : 0x61)),
  ({ siblings, at }, value) => (siblings[at]!.value = nested(siblings[at]!, repeats(value, 8, MAX_BYTES))),
  ({ siblings, at }, value) => siblings.splice(at, 0, groups(repeats(value, 1, MAX_BYTES))),
  ({ siblings, at }, value) => repeatField(siblings, at, value),
];

/** What is done to the bytes at the end. */
const BYTE_MUTATIONS: readonly ((bytes: Uint8Array, at: number, value: number) => Uint8Array)[] = [
  (bytes, at) => bytes.subarray(0, bytes.length === 0 ? 0 : at % bytes.length),
  (bytes, at, value) => Buffer.concat([bytes.subarray(0, at % (bytes.length + 1)), Uint8Array.of(value & 0xff), bytes.subarray(at % (bytes.length + 1))]),
  (bytes, at, value) => bytes.map((byte, index) => (index === at % bytes.length ? byte ^ (1 << value % 8) : byte)),
  (bytes, _at, value) => Buffer.concat([bytes, pick(NOISE, value)]),
];

/** A message with the steps done to it: to its fields at any depth, then to its bytes. */
export function mutateProtobuf(message: Uint8Array, steps: readonly Step[]): Uint8Array {
  const fields = readFields(message) ?? [];
  const late: Step[] = [];
  for (const step of steps) {
    const kind = step.op % (MUTATIONS.length + BYTE_MUTATIONS.length);
    if (kind >= MUTATIONS.length) late.push({ ...step, op: kind - MUTATIONS.length });
    else {
      const places = placesOf(fields);
      if (places.length > 0) MUTATIONS[kind]!(pick(places, step.at), step.value);
    }
  }
  return late.reduce((bytes, { op, at, value }) => BYTE_MUTATIONS[op]!(bytes, at, value), writeFields(fields));
}

function placesOf(fields: WireField[]): Place[] {
  return fields.flatMap(({ value }, at) => [{ siblings: fields, at }, ...(Array.isArray(value) ? placesOf(value) : [])]);
}

function bytesOf({ value }: WireField): Uint8Array {
  return typeof value === 'bigint' ? varintBytes(value, 0) : value instanceof Uint8Array ? value : writeFields(value);
}

function setNumber(field: WireField, value: bigint): void {
  field.type = VARINT;
  field.value = value;
}

function setBytes(field: WireField, bytes: Uint8Array): void {
  field.type = LENGTH_DELIMITED;
  field.value = bytes;
}

function unknownField(value: number): WireField {
  const type = pick([VARINT, FIXED64, LENGTH_DELIMITED, FIXED32], value);
  return wireField(pick(FIELD_NUMBERS, value >>> 2), type, type === LENGTH_DELIMITED ? pick(NOISE, value >>> 6) : BigInt(value));
}

/** The field in itself, over and over. */
function nested(field: WireField, depth: number): Uint8Array {
  const inside = bytesOf(field);
  const tag = varintBytes((BigInt(field.number) << 3n) | BigInt(LENGTH_DELIMITED), 0);
  const heads: Uint8Array[] = [];
  let length = inside.length;
  for (let level = 0; level < depth && length < MAX_BYTES; level++) {
    const head = Buffer.concat([tag, varintBytes(BigInt(length), 0)]);
    heads.push(head);
    length += head.length;
  }
  return Buffer.concat([...heads.reverse(), inside]);
}

/** Groups that open and never end. */
function groups(depth: number): WireField {
  return wireField(1, START_GROUP, Buffer.alloc(depth, (1 << 3) | START_GROUP));
}

function repeatField(siblings: WireField[], at: number, value: number): void {
  const field = siblings[at]!;
  const count = repeats(value, bytesOf(field).length + 2, MAX_BYTES);
  const copies = writeFields(Array.from({ length: Math.min(count, 3_000) }, () => field));
  const again = readFields(copies);
  if (again !== undefined) siblings.splice(at, 1, ...again);
}
