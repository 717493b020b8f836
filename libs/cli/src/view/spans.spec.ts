import { describe, expect, it } from '@jest/globals';
import { column, cut, render, span, widthOf, wrap } from './spans.ts';

describe('cut', () => {
  it('leaves a line that fits alone', () => {
    const line = [span('ab', 'red'), span('cd')];
    expect(cut(line, 4)).toBe(line);
  });

  it('ends a longer line with an ellipsis, in exactly the width', () => {
    expect(render(cut([span('abc'), span('def')], 5), false)).toBe('abcd…');
    expect(render(cut([span('abc')], 1), false)).toBe('…');
    expect(cut([span('abc')], 0)).toEqual([]);
  });

  it('counts wide characters as two columns and never splits one', () => {
    const line = cut([span('虚拟机一')], 6);
    expect(render(line, false)).toBe('虚拟…');
    expect(widthOf(line)).toBeLessThanOrEqual(6);
  });
});

describe('column', () => {
  it('fills or cuts to the width', () => {
    expect(column('ab', 4)).toBe('ab  ');
    expect(column('abcdef', 4)).toBe('abc…');
    expect(column('虚拟机', 4)).toBe('虚… ');
  });
});

describe('wrap', () => {
  it('breaks at spaces and cuts a word that is too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('a 1234567890 b', 5)).toEqual(['a', '1234…', 'b']);
  });
});

describe('render', () => {
  it('colours only when asked to', () => {
    expect(render([span('x', 'green')], true)).toBe('\u001b[32mx\u001b[39m');
    expect(render([span('x', 'green')], false)).toBe('x');
  });
});
