import { Errno, IrqBypassError } from '@irqmesh/domain';

// The part of protobuf's wire format that events need. The generated code reads any message but builds an object with
// bigints for each; a fold reads the whole log, so events are read straight into the domain's types. The tests hold
// both to the same bytes.

/** Wire types, the low three bits of a tag. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** The tag of a number field. */
export function numberTag(field: number): number {
  return (field << 3) | VARINT;
}

/** The tag of a string, message or packed field. */
export function lengthTag(field: number): number {
  return (field << 3) | LENGTH_DELIMITED;
}

/** Up to here it is faster to make a string from its codes than to ask the decoder; almost all strings are ASCII. */
const MAX_SHORT_STRING = 64;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads one message; every method throws IrqBypassError -EINVAL where the bytes end early or make no sense. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #position = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Whether the message that is being read goes on. */
  more(): boolean {
    return this.#position < this.#end;
  }

  /** The field number and wire type of the field that follows; compare it with `numberTag` and `lengthTag`. */
  tag(): number {
    const tag = this.uint32();
    // Tags of this project's fields fit 31 bits, so that shifting one keeps it positive.
    if (tag < 8 || tag > 0x7fff_ffff) throw malformed();
    return tag;
  }

  /** An unsigned number to 2^53 - 1. */
  number(): number {
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 0x80;
    for (let count = 1; count < 8; count++) {
      byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new IrqBypassError(Errno.EINVAL, 'a number is beyond 2^53 - 1');
  }

  uint32(): number {
    const value = this.number();
    if (value > 0xffff_ffff) throw new IrqBypassError(Errno.EINVAL, `the number ${value} is beyond 2^32 - 1`);
    return value;
  }

  /** A signed 32-bit number, zigzag-encoded. */
  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  boolean(): boolean {
    return this.number() !== 0;
  }

  string(): string {
    const length = this.#length();
    const start = this.#position;
    this.#position += length;
    const bytes = this.#bytes;
    if (length > MAX_SHORT_STRING) return decodeUtf8(bytes.subarray(start, start + length));
    const codes: number[] = [];
    for (let at = 0; at < length; at++) {
      const byte = bytes[start + at]!;
      if (byte > 0x7f) return decodeUtf8(bytes.subarray(start, start + length));
      codes.push(byte);
    }
    return String.fromCharCode.apply(null, codes);
  }

  /** Narrows the reader to the nested message that follows; give what this returns to `leave` after reading it. */
  enter(): number {
    const length = this.#length();
    const outer = this.#end;
    this.#end = this.#position + length;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }

  /** Passes over a field that this version does not know. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === VARINT) this.#skipVarint();
    else if (wireType === LENGTH_DELIMITED) this.#advance(this.#length());
    else if (wireType === FIXED64) this.#advance(8);
    else if (wireType === FIXED32) this.#advance(4);
    else throw malformed();
  }

  #skipVarint(): void {
    for (let count = 0; count < 10; count++) if (this.#byte() < 0x80) return;
    throw malformed();
  }

  #advance(count: number): void {
    if (this.#end - this.#position < count) throw truncated();
    this.#position += count;
  }

  #length(): number {
    const length = this.number();
    if (length > this.#end - this.#position) throw truncated();
    return length;
  }

  #byte(): number {
    if (this.#position >= this.#end) throw truncated();
    return this.#bytes[this.#position++]!;
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new IrqBypassError(Errno.EINVAL, 'a string is not valid UTF-8', { cause });
  }
}

function truncated(): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, 'the message ends in the middle of a field');
}

function malformed(): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, 'the message is not protobuf');
}
