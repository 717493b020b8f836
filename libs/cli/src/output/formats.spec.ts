import { describe, expect, test } from '@jest/globals';
import { formatDuration } from './duration.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

describe('formatDuration', () => {
  test.each([
    [0, '0 µs'], [999, '999 µs'], [1000, '1.0 ms'], [9949, '9.9 ms'], [9950, '10 ms'], [999_400, '999 ms'], [999_500, '1.0 s'],
    [5_000_000, '5.0 s'], [119_000_000, '119 s'], [120_000_000, '2 min'], [7_200_000_000, '2 h'],
  ])('%d µs is %s', (us, text) => expect(formatDuration(us)).toBe(text));
});

describe('printable', () => {
  test('leaves plain names, quotes what has spaces, escapes what acts on a terminal', () => {
    expect(printable('host-a/boot-1/größe')).toBe('host-a/boot-1/größe');
    expect(printable('')).toBe('""');
    expect(printable('a b')).toBe('"a b"');
    expect(printable('\u0007')).toBe('"\\u{7}"');
  });
});

describe('table', () => {
  test('columns are as wide as they are shown, numbers stand right, no line ends in spaces', () => {
    const text = table([{ title: 'TOKEN' }, { title: 'IRQ', align: 'right' }, { title: 'STATE' }], [['日本', '5', 'waiting'], ['abcdef', '1234', '']]);
    expect(text).toBe('TOKEN    IRQ  STATE\n日本       5  waiting\nabcdef  1234\n');
  });
});

describe('wrap', () => {
  test('breaks at spaces, never inside a word', () => {
    expect(wrap('one two three', { width: 8 })).toBe('one two\nthree');
    expect(wrap('incompressible a', { width: 5, indent: '  ' })).toBe('incompressible\n  a');
  });
});
