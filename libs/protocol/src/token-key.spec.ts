import { describe, expect, it } from '@jest/globals';
import { IrqBypassError } from '@irqmesh/domain';
import fc from 'fast-check';
import { token } from '../test-support/arbitraries.ts';
import { thrownBy } from '../test-support/thrown-by.ts';
import { tokenFromKey, tokenKey } from './token-key.ts';

describe('tokenKey', () => {
  it('is base64url without padding', () => {
    fc.assert(fc.property(token, (text) => expect(tokenKey(text)).toBe(Buffer.from(text, 'utf8').toString('base64url'))));
  });

  it('has one way back', () => {
    fc.assert(fc.property(token, (text) => expect(tokenFromKey(tokenKey(text))).toBe(text)));
  });

  it('keeps a leading byte order mark apart from none', () => {
    expect(tokenFromKey(tokenKey('\ufeffa'))).toBe('\ufeffa');
    expect(tokenKey('\ufeffa')).not.toBe(tokenKey('a'));
  });

  it('fits the longest token', () => {
    const longest = 'x'.repeat(128);
    expect(tokenFromKey(tokenKey(longest))).toBe(longest);
  });

  it.each([['empty', ''], ['over-long', 'x'.repeat(129)], ['a lone surrogate', '\ud800']])('refuses a token that is %s', (_what, text) => {
    expect(() => tokenKey(text)).toThrow(IrqBypassError);
  });
});

describe('tokenFromKey refuses', () => {
  it.each([
    ['nothing', ''],
    ['a length that no bytes have', 'YWJjZ'],
    ['characters of plain base64', 'a+/a'],
    ['padding', 'YQ=='],
    ['characters beyond ASCII', 'YWJé'],
    ['a second spelling of the same bytes', 'YR'],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe]).toString('base64url')],
    ['more than 128 bytes', 'a'.repeat(172)],
  ])('%s', (_what, key) => {
    expect(() => tokenFromKey(key)).toThrow(IrqBypassError);
  });

  it('every key that tokenKey would not make', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (key) => {
        const error = thrownBy(() => tokenFromKey(key));
        expect(error instanceof IrqBypassError || tokenKey(tokenFromKey(key)) === key).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
