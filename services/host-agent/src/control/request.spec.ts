import { describe, expect, it } from '@jest/globals';
import { parseRequest } from './request.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('parseRequest', () => {
  it.each([
    ['boot', '{"vm":"web-1"}', { operation: 'boot', vm: 'web-1' }],
    ['mask', '{"bdf":"0000:41:00.0","index":2047}', { operation: 'mask', bdf: '0000:41:00.0', index: 2047 }],
    ['state', '', { operation: 'state' }],
  ])('reads %s %s', (operation, payload, request) => {
    expect(parseRequest(operation, bytes(payload))).toEqual(request);
  });

  it.each([
    ['reboot', '{}', '-22 (EINVAL): there is no operation "reboot"'],
    ['boot', '', 'not JSON'],
    ['boot', '[]', 'must be a JSON object'],
    ['boot', 'null', 'must be a JSON object'],
    ['boot', '{"vm":7}', '"vm" must be a text'],
    ['boot', '{"vm":""}', '"vm" must be a text'],
    ['mask', '{"bdf":"x"}', '"index" must be a whole number'],
    ['mask', '{"bdf":"x","index":2048}', '"index" must be a whole number'],
    ['mask', '{"bdf":"x","index":0.5}', '"index" must be a whole number'],
    ['boot', `{"vm":"${'x'.repeat(5000)}"}`, '-90 (EMSGSIZE)'],
  ])('refuses %s %s', (operation, payload, why) => {
    expect(() => parseRequest(operation, bytes(payload))).toThrow(why);
  });

  it('refuses a payload that is no UTF-8', () => {
    expect(() => parseRequest('boot', new Uint8Array([0x22, 0xff, 0x22]))).toThrow('not JSON in UTF-8');
  });
});
