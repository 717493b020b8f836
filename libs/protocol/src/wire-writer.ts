import { Errno, IrqBypassError } from '@irqmesh/domain';
import { lengthTag, numberTag } from './wire-reader.ts';

const encoder = new TextEncoder();

/**
 * Writes one message after the other into a buffer that it keeps. As proto3 wants it, fields with the value 0, false or
 * '' are left out; `optional` fields are written by the `always` methods.
 */
export class WireWriter {
  #bytes = new Uint8Array(1024);
  #position = 0;

  number(field: number, value: number): void {
    if (value !== 0) this.alwaysNumber(field, value);
  }

  alwaysNumber(field: number, value: number): void {
    this.#reserve(16);
    this.#varint(numberTag(field));
    this.#varint(value);
  }

  sint32(field: number, value: number): void {
    this.number(field, ((value << 1) ^ (value >> 31)) >>> 0);
  }

  boolean(field: number, value: boolean): void {
    if (value) this.alwaysNumber(field, 1);
  }

  string(field: number, value: string): void {
    if (value !== '') this.alwaysString(field, value);
  }

  alwaysString(field: number, value: string): void {
    const start = this.begin(field);
    this.#reserve(value.length * 3);
    const bytes = this.#bytes;
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code > 0x7f) {
        this.#position = start + encoder.encodeInto(value, bytes.subarray(start)).written;
        break;
      }
      bytes[this.#position++] = code;
    }
    this.end(start);
  }

  /** Starts a nested message or packed field; what it returns ends it. */
  begin(field: number): number {
    this.#reserve(8);
    this.#varint(lengthTag(field));
    // One byte is kept for the length; `end` makes room where it takes more.
    return ++this.#position;
  }

  end(start: number): void {
    const length = this.#position - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    const extra = length < 0x4000 ? 1 : 2;
    if (length >= 0x20_0000) throw new IrqBypassError(Errno.EMSGSIZE, 'a field is longer than 2 MiB');
    this.#reserve(extra);
    this.#bytes.copyWithin(start + extra, start, this.#position);
    this.#position = start - 1;
    this.#varint(length);
    this.#position += length;
  }

  /** One element of a packed field. */
  packed(value: number): void {
    this.#reserve(8);
    this.#varint(value);
  }

  /** The message that was written, as bytes of its own; the writer starts the next one. */
  finish(): Uint8Array {
    const message = this.#bytes.slice(0, this.#position);
    this.#position = 0;
    return message;
  }

  #varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new IrqBypassError(Errno.EINVAL, `${value} is not a number from 0 to 2^53 - 1`);
    const bytes = this.#bytes;
    while (value >= 0x80) {
      const low = value % 0x80;
      bytes[this.#position++] = low | 0x80;
      value = (value - low) / 0x80;
    }
    bytes[this.#position++] = value;
  }

  #reserve(count: number): void {
    if (this.#position + count <= this.#bytes.length) return;
    const larger = new Uint8Array((this.#position + count) * 2);
    larger.set(this.#bytes.subarray(0, this.#position));
    this.#bytes = larger;
  }
}
