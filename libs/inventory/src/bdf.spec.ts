import { describe, expect, it } from '@jest/globals';
import { decodeMsiHwirq, parseBdf } from './bdf.ts';

describe('parseBdf', () => {
  it.each([
    ['0000:03:00.0', '0000:03:00.0'],
    ['01:00.0', '0000:01:00.0'],
    ['1:0.7', '0000:01:00.7'],
    ['0021:DE:1F.1', '0021:de:1f.1'],
    ['10000:e1:00.0', '10000:e1:00.0'],
  ])('reads %s as %s', (text, bdf) => {
    expect(parseBdf(text)).toBe(bdf);
  });

  it.each(['', '01:00', '0000:01:20.0', '0000:01:00.8', '0000:01:00.0 ', 'gg:00.0'])('refuses %p', (text) => {
    expect(parseBdf(text)).toBeUndefined();
  });
});

describe('decodeMsiHwirq', () => {
  it.each([
    [1572865, '0000:03:00.0', 1],
    [409600, '0000:00:19.0', 0],
    [3672066, '0000:07:00.1', 2],
    // A segment does not fit 32 bits any more: 0x0021 << 27 | 0xdef9 << 11 | 3.
    [0x21 * 2 ** 27 + 0xdef9 * 2048 + 3, '0021:de:1f.1', 3],
  ])('unpacks %i', (hwirq, bdf, index) => {
    expect(decodeMsiHwirq(hwirq)).toEqual({ bdf, index });
  });
});
