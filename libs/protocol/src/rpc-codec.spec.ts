import { describe, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import fc from 'fast-check';
import { thrownBy } from '../test-support/thrown-by.ts';
import { RegisterRequestSchema } from './gen/irqmesh/v1/registry_pb.ts';
import { decodeReply, decodeRequest, encodeMessage, MAX_PAYLOAD_BYTES, parseContentType, replyContentType } from './rpc-codec.ts';

const init = { session: 's1', deadlineUnixMs: 1n, items: [{ participantId: 'p', token: 't', requestId: 'r', callbacks: [1] }] };

function errorOf(run: () => unknown): IrqBypassError {
  const error = thrownBy(run);
  if (error instanceof IrqBypassError) return error;
  throw new Error('nothing was refused as it should', { cause: error });
}

function fromText(text: string): IrqBypassError {
  return errorOf(() => decodeRequest(RegisterRequestSchema, new TextEncoder().encode(text), 'application/json'));
}

describe('content types', () => {
  it.each([
    [undefined, 'application/protobuf'],
    ['', 'application/protobuf'],
    ['application/protobuf', 'application/protobuf'],
    ['application/json', 'application/json'],
    ['Application/JSON; charset=utf-8', 'application/json'],
  ])('%j is %s', (header, type) => {
    expect(parseContentType(header)).toBe(type);
    expect(replyContentType(header)).toBe(type);
  });

  it('refuses any other with a sentence, and answers in JSON', () => {
    const error = errorOf(() => parseContentType('text/plain'));
    expect(error.errno).toBe(Errno.EINVAL);
    expect(error.message).toBe('-22 (EINVAL): the content type "text/plain" is not known here; send application/protobuf or application/json');
    expect(replyContentType('text/plain')).toBe('application/json');
  });
});

describe('decodeRequest', () => {
  it.each(['application/protobuf', 'application/json'] as const)('reads what encodeMessage wrote in %s', (type) => {
    const payload = encodeMessage(RegisterRequestSchema, init, type);
    expect(decodeRequest(RegisterRequestSchema, payload, type)).toEqual(create(RegisterRequestSchema, init));
  });

  it('refuses 1 MB', () => {
    const error = errorOf(() => decodeRequest(RegisterRequestSchema, new Uint8Array(1_000_000), 'application/protobuf'));
    expect(error.errno).toBe(Errno.EMSGSIZE);
    expect(error.message).toMatch(/the request has 1000000 bytes, the limit is 917504/);
    expect(decodeRequest(RegisterRequestSchema, encodeMessage(RegisterRequestSchema, { session: 'x'.repeat(MAX_PAYLOAD_BYTES - 4) }, 'application/protobuf'), 'application/protobuf').session).toHaveLength(MAX_PAYLOAD_BYTES - 4);
  });

  it('fits the largest batch of the largest items', () => {
    const item = {
      participantId: 'p'.repeat(128), token: 't'.repeat(128), requestId: 'r'.repeat(64), irq: 0xffff_ffff, callbacks: [1, 2, 3, 4], callbackDeadlineMs: 0xffff_ffff, quiesceGroup: 'g'.repeat(64),
    };
    const payload = encodeMessage(RegisterRequestSchema, { session: 's'.repeat(64), deadlineUnixMs: 1n << 52n, items: Array.from({ length: 2048 }, () => item) }, 'application/protobuf');
    expect(payload.length).toBeLessThan(MAX_PAYLOAD_BYTES);
  });

  it('refuses protobuf that is cut inside a field, and random bytes, with -EINVAL and nothing else', () => {
    const payload = encodeMessage(RegisterRequestSchema, init, 'application/protobuf');
    const error = errorOf(() => decodeRequest(RegisterRequestSchema, payload.subarray(0, payload.length - 1), 'application/protobuf'));
    expect(error.errno).toBe(Errno.EINVAL);
    expect(error.message).toMatch(/^-22 \(EINVAL\): the payload is not a RegisterRequest in protobuf: /);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
        const thrown = thrownBy(() => decodeRequest(RegisterRequestSchema, noise, 'application/protobuf'));
        expect(thrown === undefined || (thrown instanceof IrqBypassError && thrown.errno === Errno.EINVAL)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses strings that are not UTF-8', () => {
    const payload = toBinary(RegisterRequestSchema, create(RegisterRequestSchema, { session: 'xyz' }));
    payload[payload.length - 1] = 0xff;
    expect(errorOf(() => decodeRequest(RegisterRequestSchema, payload, 'application/protobuf')).errno).toBe(Errno.EINVAL);
    expect(errorOf(() => decodeRequest(RegisterRequestSchema, Uint8Array.from([0x22, 0xff, 0x22]), 'application/json')).errno).toBe(Errno.EINVAL);
    expect(fromText('{"session":"\\ud800"}').message).toMatch(/at session: /);
  });

  it.each([
    ['{"session":', /in JSON: /],
    ['[]', /in JSON: /],
    ['null', /in JSON: /],
    ['{"sesion":"s1"}', /in JSON: key "sesion" is unknown/],
    ['{"session":7}', /in JSON at session: /],
    ['{"deadlineUnixMs":"-1"}', /in JSON at deadlineUnixMs: /],
    ['{"deadline_unix_ms":"1.5"}', /in JSON at deadline_unix_ms: /],
    ['{"items":{}}', /in JSON at items: /],
    ['{"items":[{},{"irq":"many"}]}', /in JSON at items\[1\].irq: /],
    ['{"items":[{},{},{"callbacks":["CALLBACK_STOP","CALLBACK_PAUSE"]}]}', /in JSON at items\[2\].callbacks: /],
    ['{"items":[{"irq":4294967296}]}', /in JSON at items\[0\].irq: /],
    ['{"items":[{"token":"t"},{"tokn":"t"}]}', /in JSON at items\[1\]: key "tokn" is unknown/],
  ])('names the place in %s', (text, expected) => {
    const error = fromText(text);
    expect(error.errno).toBe(Errno.EINVAL);
    expect(error.message).toMatch(expected);
  });
});

describe('decodeReply', () => {
  it('makes -EIO of a reply that breaks the protocol: the caller did nothing wrong', () => {
    const cut = encodeMessage(RegisterRequestSchema, init, 'application/protobuf').subarray(0, 5);
    const error = errorOf(() => decodeReply(RegisterRequestSchema, cut, 'application/protobuf', (message) => message));
    expect(error.errno).toBe(Errno.EIO);
    expect(error.message).toMatch(/^-5 \(EIO\): the reply cannot be read: the payload is not a RegisterRequest/);
  });
});

describe('JSON replies', () => {
  it('hold fields that are 0, false or empty too', () => {
    const text = new TextDecoder().decode(encodeMessage(RegisterRequestSchema, { items: [{}] }, 'application/json'));
    expect(JSON.parse(text)).toEqual({ session: '', deadlineUnixMs: '0', items: [{ participantId: '', token: '', requestId: '', irq: 0, callbacks: [], callbackDeadlineMs: 0 }] });
  });
});
