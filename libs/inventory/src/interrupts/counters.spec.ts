import { describe, expect, it } from '@jest/globals';
import { counterDelta, splitCounters } from './counters.ts';

describe('counterDelta', () => {
  it('is the difference', () => expect(counterDelta(10, 25)).toBe(15));
  it('sees through a wrap at 32 bits', () => expect(counterDelta(4294967290, 4)).toBe(10));
});

describe('splitCounters', () => {
  it('takes one number a CPU and leaves the rest', () => {
    expect(splitCounters('   1   22  IO-APIC  3-edge', 2)).toEqual({ counts: [1, 22], missing: 0, tail: 'IO-APIC  3-edge', problems: [] });
  });

  it('keeps the columns when one is no number', () => {
    const { counts, tail, problems } = splitCounters(' 1 2x 3 4 GICv3', 4);
    expect(counts).toEqual([1, 0, 3, 4]);
    expect(tail).toBe('GICv3');
    expect(problems).toEqual(['"2x" is no 32-bit counter and is taken as 0']);
  });

  it('takes a number of more than 32 bits as 0', () => {
    expect(splitCounters(' 4294967295 4294967296', 2)).toMatchObject({ counts: [4294967295, 0], problems: ['"4294967296" is no 32-bit counter and is taken as 0'] });
  });

  it('says when columns are missing or too many', () => {
    expect(splitCounters(' 1 2', 4)).toEqual({ counts: [1, 2, 0, 0], missing: 2, tail: '', problems: ['the row has 2 of 4 counters; the missing ones are taken as 0'] });
    expect(splitCounters(' 1 2 3 XT-PIC', 2)).toEqual({ counts: [1, 2], missing: 0, tail: 'XT-PIC', problems: ['numbers beyond the 2 counters are left out: 1'] });
  });
});
