import { describe, expect, test } from '@jest/globals';
import { linearize } from './search.ts';
import type { TokenOperation } from './search.ts';

function operation(kind: TokenOperation['kind'], registration: number, calledAt: number, returnedAt: number, side: TokenOperation['side'] = 'producer'): TokenOperation {
  return { kind, registration, calledAt, returnedAt, side, what: `${kind} ${registration}` };
}

const verdict = (...operations: TokenOperation[]) => linearize(operations, 100_000).kind;

describe('a search for a linearization', () => {
  test('finds none in two registrations that both stand', () => {
    expect(verdict(operation('registered', 1, 1, 2), operation('registered', 2, 3, 4))).toBe('impossible');
    expect(verdict(operation('registered', 1, 1, 4), operation('registered', 2, 2, 3))).toBe('impossible');
  });

  test('finds one where the first ended in between', () => {
    expect(verdict(operation('registered', 1, 1, 2), operation('ended', 1, 3, 4), operation('registered', 2, 5, 6))).toBe('linearizable');
    expect(verdict(operation('registered', 1, 1, 2), operation('ended', 1, 3, 8), operation('registered', 2, 5, 6))).toBe('linearizable');
  });

  test('finds none where the first ended only after the second was registered', () => {
    expect(verdict(operation('registered', 1, 1, 2), operation('registered', 2, 3, 4), operation('ended', 1, 5, 6))).toBe('impossible');
  });

  test('a refusal needs somebody who holds the token at some moment of the call', () => {
    expect(verdict(operation('refused_busy', 0, 1, 2))).toBe('impossible');
    expect(verdict(operation('registered', 1, 1, 2), operation('ended', 1, 3, 4), operation('refused_busy', 0, 5, 6))).toBe('impossible');
    expect(verdict(operation('registered', 1, 1, 2), operation('ended', 1, 3, 6), operation('refused_busy', 0, 5, 7))).toBe('linearizable');
  });

  test('a refusal is not excused by a registration of the other side', () => {
    expect(verdict(operation('registered', 1, 1, 2, 'consumer'), operation('refused_busy', 0, 3, 4, 'producer'))).toBe('impossible');
  });

  test('a callback can fail only where there is a partner, and only where the side is free', () => {
    expect(verdict(operation('refused_by_callback', 0, 1, 2))).toBe('impossible');
    expect(verdict(operation('registered', 1, 1, 2, 'consumer'), operation('refused_by_callback', 0, 3, 4))).toBe('linearizable');
    expect(verdict(operation('registered', 1, 1, 2, 'consumer'), operation('registered', 2, 3, 4), operation('refused_by_callback', 0, 5, 6))).toBe('impossible');
  });

  test('an end of what is not there changes nothing', () => {
    expect(verdict(operation('registered', 1, 1, 2), operation('ended', 7, 3, 4), operation('refused_busy', 0, 5, 6))).toBe('linearizable');
  });

  test('calls side by side may have taken effect in any order', () => {
    const all = [operation('registered', 1, 1, 10), operation('ended', 1, 1, 10), operation('registered', 2, 1, 10), operation('ended', 2, 1, 10), operation('refused_busy', 0, 1, 10)];
    expect(verdict(...all)).toBe('linearizable');
    expect(verdict(...all, operation('refused_busy', 0, 11, 12))).toBe('linearizable');
    expect(verdict(...all, operation('registered', 3, 11, 12), operation('registered', 4, 13, 14))).toBe('impossible');
  });

  test('names an operation that fits nowhere', () => {
    const found = linearize([operation('registered', 1, 1, 2), operation('registered', 2, 3, 4)], 100);
    expect(found).toMatchObject({ kind: 'impossible', stuckAt: { what: 'registered 2' } });
  });

  test('remembers where it has been: many refusals side by side are soon searched', () => {
    const refusals = Array.from({ length: 24 }, (_, index) => operation('refused_busy', 0, 1, 100 + index));
    const wrong = [operation('registered', 1, 1, 100), operation('ended', 1, 1, 100), ...refusals, operation('refused_by_callback', 0, 1, 100, 'consumer'), operation('registered', 2, 200, 201), operation('registered', 3, 202, 203)];
    expect(linearize(wrong, 100_000_000).kind).toBe('impossible');
  }, 60_000);

  test('gives up after so many steps', () => {
    const many = Array.from({ length: 30 }, (_, index) => operation('refused_busy', 0, 1, 100 + index));
    expect(linearize([...many, operation('registered', 1, 1, 100), operation('registered', 2, 1, 100)], 3).kind).toBe('undecided');
  });
});
