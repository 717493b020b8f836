import { Errno, IrqBypassError, parseToken } from '@irqmesh/domain';

/** base64url: subjects allow its characters, and two tokens never share a key. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const INVALID = 255;
const VALUES = new Uint8Array(128).fill(INVALID);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/** The key of the longest token: 128 bytes in base64url. */
const MAX_KEY_LENGTH = 171;

const encoder = new TextEncoder();
// A token may begin with U+FEFF; a decoder that took it for a byte order mark would make two tokens one.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A token as it stands in subjects: base64url of its UTF-8 bytes, without padding.
 * @throws IrqBypassError -EINVAL for a token that is no token.
 */
export function tokenKey(token: string): string {
  const bytes = utf8(parseToken(token));
  let key = '';
  let at = 0;
  for (; at + 2 < bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    key += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]! + ALPHABET[(group >> 6) & 63]! + ALPHABET[group & 63]!;
  }
  if (at + 1 === bytes.length) {
    key += ALPHABET[bytes[at]! >> 2]! + ALPHABET[(bytes[at]! << 4) & 63]!;
  } else if (at + 2 === bytes.length) {
    const group = (bytes[at]! << 8) | bytes[at + 1]!;
    key += ALPHABET[group >> 10]! + ALPHABET[(group >> 4) & 63]! + ALPHABET[(group << 2) & 63]!;
  }
  return key;
}

/** Reused by each call; the longest token fits. */
const scratch = new Uint8Array(128);

function utf8(token: string): Uint8Array {
  return scratch.subarray(0, encoder.encodeInto(token, scratch).written);
}

/**
 * The token of a key. Only the one key that `tokenKey` makes is accepted, so that a token has one subject.
 * @throws IrqBypassError -EINVAL for a key that no token has.
 */
export function tokenFromKey(key: string): string {
  const rest = key.length % 4;
  if (key.length === 0 || key.length > MAX_KEY_LENGTH || rest === 1) throw notAKey(key);
  const bytes = new Uint8Array((key.length * 3) >> 2);
  let written = 0;
  let bits = 0;
  let pending = 0;
  let ascii = true;
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    const value = code < 128 ? VALUES[code]! : INVALID;
    if (value === INVALID) throw notAKey(key);
    pending = ((pending << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    const byte = (pending >> bits) & 0xff;
    if (byte > 127) ascii = false;
    bytes[written++] = byte;
  }
  if ((pending & ((1 << bits) - 1)) !== 0) throw notAKey(key);
  return ascii ? String.fromCharCode.apply(null, bytes as unknown as number[]) : decodeUtf8(bytes, key);
}

function decodeUtf8(bytes: Uint8Array, key: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new IrqBypassError(Errno.EINVAL, `the token key ${JSON.stringify(key)} does not hold valid UTF-8`, { cause });
  }
}

function notAKey(key: string): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, `${JSON.stringify(key.slice(0, MAX_KEY_LENGTH + 1))} is not the base64url key of a token`);
}
