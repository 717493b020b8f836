import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { damaged } from '../testing/damage.ts';
import { exampleSources } from '../testing/example-files.ts';
import { parseInterrupts } from './parse.ts';

/** Lines that are not blank and neither became header or row nor stand in a warning. */
function linesNotAccountedFor(text: string): number[] {
  const { headerLine, rows, archRows, warnings } = parseInterrupts({ name: 'dump', text });
  const read = new Set([headerLine, ...rows.map(({ line }) => line), ...archRows.map(({ line }) => line)]);
  const warned = (at: number) => warnings.some(({ line, lastLine }) => line <= at && at <= (lastLine ?? line));
  return text.split('\n').flatMap((line, at) => (line.trim() === '' || read.has(at + 1) || warned(at + 1) ? [] : [at + 1]));
}

describe('every line of /proc/interrupts is accounted for', () => {
  it.each(exampleSources('.txt'))('$name as it is', ({ text, name }) => {
    expect(linesNotAccountedFor(text)).toEqual([]);
    expect(parseInterrupts({ name, text }).warnings).toEqual([]);
  });

  it.each(exampleSources('.txt'))('$name damaged at random', ({ text }) => {
    fc.assert(fc.property(damaged(text), (broken) => {
      expect(linesNotAccountedFor(broken)).toEqual([]);
    }), { numRuns: 150 });
  });

  it('any text at all', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      expect(linesNotAccountedFor(text)).toEqual([]);
    }), { numRuns: 150 });
  });

  it.each(exampleSources('.txt'))('$name cut at any place keeps all whole rows before the cut', ({ text, name }) => {
    const whole = parseInterrupts({ name, text });
    fc.assert(fc.property(fc.nat(text.length), (at) => {
      const cut = parseInterrupts({ name, text: text.slice(0, at) });
      const linesKept = text.slice(0, at).split('\n').length - 1;
      expect(cut.rows.filter(({ line }) => line <= linesKept)).toEqual(whole.rows.filter(({ line }) => line <= linesKept));
      expect(cut.archRows.filter(({ line }) => line <= linesKept)).toEqual(whole.archRows.filter(({ line }) => line <= linesKept));
      if (at > 0 && text[at - 1] !== '\n') expect(cut.warnings).not.toEqual([]);
    }), { numRuns: 60 });
  });
});
