import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@irqmesh/test-cli';
import { parseCommandLine } from './arguments.ts';

const parse = (line: string) => parseCommandLine(line.split(' ').filter((word) => word !== ''), ['event', 'libvirt']);

describe('the command line', () => {
  test('of a run', () => {
    expect(parse('--inputs 5000 --seed 7 --target libvirt')).toEqual({ kind: 'run', targets: ['libvirt'], seed: 7, amount: { inputs: 5_000 } });
    expect(parse('--minutes 0.5 --seed 7')).toEqual({ kind: 'run', targets: ['event', 'libvirt'], seed: 7, amount: { minutes: 0.5 } });
    expect(parse('')).toMatchObject({ kind: 'run', amount: { minutes: 1 } });
  });

  test('of one input', () => {
    expect(parse('--target event --seed 3 --input 12345')).toEqual({ kind: 'input', target: 'event', seed: 3, inputNumber: 12_345 });
  });

  test.each([
    ['--minutes 1 --inputs 5', 'give one of --minutes'],
    ['--minutes 0', '--minutes takes a number above 0'],
    ['--minutes soon', '--minutes takes a number above 0'],
    ['--inputs 0', '--inputs takes a whole number from 1'],
    ['--target evnt', 'there is no target "evnt"; --list names them all'],
    ['--seed -1', "'--seed' argument is ambiguous"],
    ['--seed x', '--seed takes a whole number'],
    ['--input 3 --seed 1', '--input goes with one --target'],
    ['--input 3 --target event', '--input goes with one --target'],
    ['--input 3 --target event --seed 1 --inputs 5', '--input runs one input'],
    ['--sead 1', "Unknown option '--sead'"],
    ['event', 'Unexpected argument'],
  ])('%j is refused', (line, message) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(message);
  });
});
