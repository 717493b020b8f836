import { describe, expect, it } from '@jest/globals';
import { holdingsDigest } from './holdings.ts';

describe('holdingsDigest', () => {
  it('is that of FNV-1a, in any order', () => {
    expect(holdingsDigest([])).toEqual({ count: 0, digest: 0 });
    expect(holdingsDigest(['foobar'])).toEqual({ count: 1, digest: 0xbf9cf968 });
    expect(holdingsDigest(['a', 'foobar'])).toEqual({ count: 2, digest: (0xe40c292c ^ 0xbf9cf968) >>> 0 });
    expect(holdingsDigest(['foobar', 'a'])).toEqual(holdingsDigest(['a', 'foobar']));
  });

  it('rule 12: tells sets apart that differ in one registration', () => {
    const all = Array.from({ length: 2_048 }, (_, vector) => `request-${vector}`);
    const full = holdingsDigest(all);
    for (const missing of [0, 1_000, 2_047]) expect(holdingsDigest(all.toSpliced(missing, 1))).not.toEqual(full);
    expect(holdingsDigest(all.toSpliced(5, 1, 'request-other'))).not.toEqual(full);
  });
});
