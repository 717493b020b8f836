// Protobuf's wire format as a tree, read without a schema and written as told: also wrong.

/** A field of a message, and how it is to be written. */
export interface WireField {
  number: number;
  type: number;
  /** A varint or fixed number, bytes, or the fields of a nested message. */
  value: bigint | Uint8Array | WireField[];
  /** What the written length says beyond the real one. */
  lengthLie: number;
  /** Bytes that the varint (or the length) takes beyond the least. */
  overlong: number;
}

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const START_GROUP = 3;
export const END_GROUP = 4;
export const FIXED32 = 5;

/** Our messages nest four deep. */
const MAX_DEPTH = 8;

export function wireField(number: number, type: number, value: WireField['value']): WireField {
  return { number, type, value, lengthLie: 0, overlong: 0 };
}

/** The fields of a message; bytes that could be a nested message are taken for one. Undefined for what is no message. */
export function readFields(bytes: Uint8Array, depth = 0): WireField[] | undefined {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined || tag < 8n || tag > 0xffff_ffffn) return undefined;
    const type = Number(tag & 7n);
    const number = Number(tag >> 3n);
    if (type === VARINT) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push(wireField(number, type, value));
    } else if (type === LENGTH_DELIMITED) {
      const length = varint();
      if (length === undefined || length > BigInt(bytes.length - at)) return undefined;
      const inside = bytes.subarray(at, at + Number(length));
      at += Number(length);
      const nested = inside.length > 0 && depth < MAX_DEPTH ? readFields(inside, depth + 1) : undefined;
      fields.push(wireField(number, type, nested ?? inside));
    } else return undefined;
  }
  return fields;
}

export function writeFields(fields: readonly WireField[]): Uint8Array {
  return Buffer.concat(fields.map(writeField));
}

function writeField({ number, type, value, lengthLie, overlong }: WireField): Uint8Array {
  const tag = varintBytes((BigInt(number) << 3n) | BigInt(type), 0);
  if (type === VARINT) return Buffer.concat([tag, varintBytes(numberOf(value), overlong)]);
  if (type === FIXED64 || type === FIXED32) return Buffer.concat([tag, fixedBytes(numberOf(value), type === FIXED64 ? 8 : 4)]);
  const inside = bytesOf(value);
  if (type !== LENGTH_DELIMITED) return Buffer.concat([tag, inside]);
  return Buffer.concat([tag, varintBytes(BigInt(Math.max(0, inside.length + lengthLie)), overlong), inside]);
}

/** Also what is written with the wire type of something else. */
function numberOf(value: WireField['value']): bigint {
  return typeof value === 'bigint' ? value : BigInt(value.length);
}

function bytesOf(value: WireField['value']): Uint8Array {
  if (typeof value === 'bigint') return varintBytes(value, 0);
  return value instanceof Uint8Array ? value : writeFields(value);
}

export function varintBytes(value: bigint, overlong: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  for (let count = 0; count < overlong; count++) {
    bytes[bytes.length - 1]! |= 0x80;
    bytes.push(0);
  }
  return Uint8Array.from(bytes);
}

function fixedBytes(value: bigint, size: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes.subarray(0, size);
}
