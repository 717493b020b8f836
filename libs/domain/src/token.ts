import { Errno, IrqBypassError } from './errno.ts';

/** The longest token in bytes of UTF-8; the shortest is one byte. */
export const MAX_TOKEN_BYTES = 128;

const encoder = new TextEncoder();

/**
 * Checks a token: 1 to 128 bytes of UTF-8. Tokens are opaque and compared byte for byte, so nothing is normalised.
 * @throws IrqBypassError -EINVAL for an empty, over-long or not well-formed one.
 */
export function parseToken(token: unknown): string {
  if (typeof token !== 'string') throw new IrqBypassError(Errno.EINVAL, 'the token must be a string');
  if (token.length === 0) throw new IrqBypassError(Errno.EINVAL, 'the token is empty; it must hold 1 to 128 bytes');
  if (!token.isWellFormed()) throw new IrqBypassError(Errno.EINVAL, 'the token is not valid UTF-8: it holds a lone surrogate');
  const bytes = token.length > MAX_TOKEN_BYTES ? token.length : encoder.encode(token).length;
  if (bytes > MAX_TOKEN_BYTES) {
    throw new IrqBypassError(Errno.EINVAL, `the token is too long: at least ${bytes} bytes of UTF-8, the limit is ${MAX_TOKEN_BYTES}`);
  }
  return token;
}

/** The number of partitions a log has unless its stream says otherwise. */
export const DEFAULT_PARTITIONS = 16;

/**
 * The partition of a token, 0 to `partitions` - 1: FNV-1a (32 bit) of its UTF-8 bytes, modulo the count.
 * The log's subjects hold it, so neither the hash nor a stream's count may ever change.
 */
export function partitionOf(token: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(token)) {
    hash ^= byte;
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
