import { describe, expect, it } from '@jest/globals';
import { Errno } from './errno.ts';
import { DEFAULT_PARTITIONS, MAX_TOKEN_BYTES, parseToken, partitionOf } from './token.ts';

const EINVAL = expect.objectContaining({ errno: Errno.EINVAL });

describe('parseToken', () => {
  it.each([
    ['one byte', 'a'],
    ['a NUL: tokens are opaque', '\0'],
    ['128 bytes', 'a'.repeat(128)],
    ['64 characters of two bytes', 'ü'.repeat(64)],
    ['32 characters of four bytes', '𝄞'.repeat(32)],
  ])('takes %s', (_what, token) => {
    expect(parseToken(token)).toBe(token);
  });

  it.each([
    ['nothing', ''],
    ['129 bytes', 'a'.repeat(129)],
    ['65 characters of two bytes', 'ü'.repeat(65)],
    ['127 bytes and a character of two', `${'a'.repeat(127)}ü`],
    ['33 characters of four bytes', '𝄞'.repeat(33)],
    ['a megabyte', 'a'.repeat(1 << 20)],
    ['a lone high surrogate', 'a\ud834'],
    ['a lone low surrogate', '\udd1ea'],
    ['swapped surrogates', '\udd1e\ud834'],
    ['null', null],
    ['undefined', undefined],
    ['a number', 42],
    ['bytes', new Uint8Array([97])],
  ])('refuses %s with -EINVAL', (_what, token) => {
    expect(() => parseToken(token)).toThrow(EINVAL);
  });

  it('keeps different writings of the same character apart', () => {
    expect(parseToken('\u00fc')).not.toBe(parseToken('u\u0308'));
  });

  it('says what is wrong and what the limit is', () => {
    expect(() => parseToken('ü'.repeat(65))).toThrow(`130 bytes of UTF-8, the limit is ${MAX_TOKEN_BYTES}`);
  });
});

describe('partitionOf', () => {
  // Computed apart from this code; "a" and "foobar" are published check values of FNV-1a: e40c292c and bf9cf968.
  it.each([
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
    ['host-a/boot-1/eventfd-42', 0x899848b6],
    ['host-b/boot-1/eventfd-42', 0x111b03f3],
    ['ü', 0x119dd44a],
    ['𝄞', 0x3b79d038],
  ])('never changes for %j: the subjects in the log hold it', (token, hash) => {
    for (const partitions of [1, 7, 16, 1024]) expect(partitionOf(token, partitions)).toBe(hash % partitions);
  });

  it('spreads the tokens of a host with many vectors', () => {
    const counts = Array.from({ length: DEFAULT_PARTITIONS }, () => 0);
    for (let eventfd = 0; eventfd < 4096; eventfd++) counts[partitionOf(`host-a/boot-1/eventfd-${eventfd}`, DEFAULT_PARTITIONS)]! += 1;
    // 256 each on average; a fair hash stays within 5 standard deviations (of 15.5) of it.
    expect(Math.min(...counts)).toBeGreaterThan(256 - 78);
    expect(Math.max(...counts)).toBeLessThan(256 + 78);
  });
});
