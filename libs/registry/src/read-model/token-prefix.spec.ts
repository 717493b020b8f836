import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { endOfPrefix } from './token-prefix.ts';

const text = fc.string({ unit: fc.oneof(fc.constantFrom('\u{10ffff}', '\ud7ff', '\ue000', '\u0000'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) });

describe('endOfPrefix', () => {
  it.each([
    ['a', 'b'],
    ['ab', 'ac'],
    ['a\u{10ffff}\u{10ffff}', 'b'],
    ['\ud7ff', '\ue000'],
    ['\u{10ffff}', undefined],
    ['', undefined],
  ])('of %j is %j', (prefix, end) => {
    expect(endOfPrefix(prefix)).toBe(end);
  });

  it('parts the strings that start with the prefix from those that come after it in the order of UTF-8', () => {
    fc.assert(
      fc.property(text, text, fc.boolean(), (prefix, other, starts) => {
        const candidate = starts ? prefix + other : other;
        const bytes = Buffer.from(candidate);
        const end = endOfPrefix(prefix);
        const inRange = bytes.compare(Buffer.from(prefix)) >= 0 && (end === undefined || bytes.compare(Buffer.from(end)) < 0);
        expect(inRange).toBe(candidate.startsWith(prefix));
      }),
    );
  });
});
