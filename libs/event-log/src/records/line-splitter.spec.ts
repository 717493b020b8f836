import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_EXPORT_LINE_LENGTH } from '@irqmesh/protocol';
import { LineSplitter } from './line-splitter.ts';

function split(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const splitter = new LineSplitter();
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const lines: string[] = [];
  let start = 0;
  for (const place of places) {
    lines.push(...splitter.push(bytes.subarray(start, place)));
    start = place;
  }
  const rest = splitter.end();
  return rest === undefined ? lines : [...lines, rest];
}

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n') && text !== '')), fc.array(fc.nat()), fc.boolean(), (lines, cuts, isEnded) => {
        const text = lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : '');
        expect(split(new TextEncoder().encode(text), cuts)).toEqual(lines);
      }),
    );
  });

  it('keeps a byte order mark and carriage returns as they are', () => {
    expect(split(new TextEncoder().encode('\ufeffa\r\nb\n'), [])).toEqual(['\ufeffa\r', 'b']);
  });

  it('names the line that is no UTF-8', () => {
    const bytes = Uint8Array.of(0x61, 0x0a, 0x62, 0x0a, 0xff, 0x0a, 0x63, 0x0a);
    for (const cuts of [[], [1], [2], [4], [5]]) expect(() => split(bytes, cuts)).toThrow('line 3 cannot be read: it is not text in UTF-8');
    expect(() => split(Uint8Array.of(0x61, 0x0a, 0xc3), [])).toThrow('line 2 cannot be read: it is not text in UTF-8');
  });

  it('holds no line beyond the bound', () => {
    const splitter = new LineSplitter();
    splitter.push(new TextEncoder().encode('first\nsecond\n'));
    const part = new Uint8Array(MAX_EXPORT_LINE_LENGTH).fill(0x78);
    for (let count = 0; count < 3; count++) splitter.push(part);
    expect(() => splitter.push(part)).toThrow(`line 3 cannot be read: it has more than ${MAX_EXPORT_LINE_LENGTH} characters`);
  });
});
