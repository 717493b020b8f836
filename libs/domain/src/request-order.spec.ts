import { describe, expect, test } from '@jest/globals';
import { isEarlierRequest, numberedRequestId } from './request-order.ts';

describe('the order of request ids', () => {
  test('numbered ids are ordered by number, not by letters', () => {
    expect(isEarlierRequest(numberedRequestId(9, 'zz'), numberedRequestId(10, 'aa'))).toBe(true);
    expect(isEarlierRequest(numberedRequestId(10, 'aa'), numberedRequestId(9, 'zz'))).toBe(false);
    expect(isEarlierRequest('7.a', '7.b')).toBe(false);
  });

  test('ids without a number have no order', () => {
    expect(isEarlierRequest('abc', '2.x')).toBe(false);
    expect(isEarlierRequest('1.x', 'abc')).toBe(false);
    expect(isEarlierRequest('9999999999999999.x', '99999999999999999.x')).toBe(false);
  });
});
