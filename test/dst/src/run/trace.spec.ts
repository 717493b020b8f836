import { describe, expect, test } from '@jest/globals';
import { VirtualTime } from '../time/virtual-time.ts';
import { Trace } from './trace.ts';

function traced(write: (trace: Trace) => void) {
  const written: string[] = [];
  const trace = new Trace(new VirtualTime(), (line) => written.push(line));
  write(trace);
  return { trace, written };
}

describe('a trace', () => {
  test('hashes every line, also those that it does not keep', () => {
    const hashes = [
      traced((trace) => trace.write('a', 'b')),
      traced((trace) => trace.write('a', 'c')),
      traced((trace) => trace.detail('a', 'd')),
      traced((trace) => {
        trace.write('a', 'b');
        trace.detail('a', 'd');
      }),
    ].map(({ trace }) => trace.digest());
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(traced((trace) => trace.write('a', 'b')).trace.digest()).toBe(hashes[0]);
  });

  test('is hashed to its last line, however long it is', () => {
    const long = (last: string) => traced((trace) => {
      for (let line = 0; line < 2_000; line++) trace.detail('a', `line ${line}`);
      trace.write('a', last);
    }).trace;
    expect(long('x').digest()).toBe(long('x').digest());
    expect(long('x').digest()).not.toBe(long('y').digest());
  });

  test('has one line for each thing, whatever is told of it', () => {
    const { trace, written } = traced((it) => it.write('a', 'an error\n    at somewhere'));
    expect(written).toHaveLength(1);
    expect(written[0]).toContain('an error\\n    at somewhere');
    expect(trace.linesBefore(trace.length)).toEqual(written);
  });

  test('shows what came before a place in it, without details', () => {
    const { trace } = traced((it) => {
      for (let line = 0; line < 200; line++) {
        it.write('a', `line ${line};`);
        it.detail('a', 'detail');
      }
    });
    expect(trace.length).toBe(200);
    expect(trace.linesBefore(3).map((line) => line.trim().split(' ').at(-1))).toEqual(['0;', '1;', '2;']);
    const shown = trace.linesBefore(150);
    expect(shown).toHaveLength(60);
    expect(shown.at(-1)).toContain('line 149;');
  });
});
