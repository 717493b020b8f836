import { describe, expect, test } from '@jest/globals';
import { InvalidArgumentError } from 'commander';
import { hostArgument, participantIdArgument, resultArgument, tokenArgument, wholeNumber } from './arguments.ts';

describe('arguments', () => {
  test('a result is a 32-bit number or an error by its name', () => {
    expect(['0', '-16', 'EBUSY', '-einval', '66311', '-2147483648', '2147483647'].map(resultArgument)).toEqual([0, -16, -16, -22, 66311, -2147483648, 2147483647]);
    for (const text of ['', 'x', '1.5', '2147483648', '-2147483649', '1e3', ' 1']) expect(() => resultArgument(text)).toThrow(InvalidArgumentError);
  });

  test('whole numbers are bounded', () => {
    const parse = wholeNumber(1, 100);
    expect([parse('1'), parse('100')]).toEqual([1, 100]);
    for (const text of ['0', '101', '', '1.0', '0x10', '-1', 'NaN']) expect(() => parse(text)).toThrow('whole number from 1 to 100');
  });

  test('tokens, hosts and ids are checked as the protocol checks them', () => {
    expect(tokenArgument('host-a/boot-1/eventfd-33')).toBe('host-a/boot-1/eventfd-33');
    expect(() => tokenArgument('')).toThrow('The token is empty; it must hold 1 to 128 bytes.');
    expect(() => tokenArgument('x'.repeat(129))).toThrow(InvalidArgumentError);
    expect(() => hostArgument('a.b')).toThrow(InvalidArgumentError);
    expect(() => participantIdArgument('a b')).toThrow(InvalidArgumentError);
  });
});
