import { constants } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { Errno, errnoName, formatResult, IrqBypassError } from './errno.ts';

describe('Errno', () => {
  it("has the kernel's numbers", () => {
    const ours = Object.entries(Errno).map(([name, number]) => [name, -number]);
    const kernel: Readonly<Record<string, number>> = { ...constants.errno };
    expect(ours).toEqual(Object.keys(Errno).map((name) => [name, kernel[name]]));
  });

  it('names its numbers and no others', () => {
    expect(errnoName(-16)).toBe('EBUSY');
    expect(errnoName(16)).toBeUndefined();
    expect(errnoName(0)).toBeUndefined();
  });

  it('writes results for people', () => {
    expect([-16, 0, 66311, -9999].map(formatResult)).toEqual(['-16 (EBUSY)', '0', '66311', '-9999']);
  });
});

describe('IrqBypassError', () => {
  it('carries number, name and sentence', () => {
    const cause = new Error('why');
    const error = new IrqBypassError(Errno.EBUSY, 'the token is taken', { cause });
    expect(error).toMatchObject({ name: 'IrqBypassError', errno: -16, code: 'EBUSY', message: '-16 (EBUSY): the token is taken', cause });
  });

  it('keeps a number of a driver that has no name', () => {
    expect(new IrqBypassError(66311, 'add_producer failed')).toMatchObject({ errno: 66311, code: undefined, message: '66311: add_producer failed' });
  });
});
