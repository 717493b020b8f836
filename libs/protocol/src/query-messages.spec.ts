import { describe, expect, it } from '@jest/globals';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import fc from 'fast-check';
import { callbacks, participant, printable, requestId, sequence, side, token, uint32 } from '../test-support/arbitraries.ts';
import { ListRequestSchema } from './gen/irqmesh/v1/registry_pb.ts';
import {
  decodeGetReply, decodeGetRequest, decodeListReply, decodeListRequest, encodeGetReply, encodeGetRequest, encodeListReply, encodeListRequest,
} from './query-messages.ts';
import { encodeMessage } from './rpc-codec.ts';

const contentType = fc.constantFrom('application/protobuf' as const, 'application/json' as const);

const view = side.chain((of) =>
  fc.record({
    side: fc.constant(of),
    participant,
    token,
    sequence,
    requestId,
    irq: fc.option(uint32, { nil: undefined }),
    callbacks: callbacks(of),
    callbackDeadlineMs: uint32,
    quiesceGroup: fc.option(printable(64), { nil: undefined }),
    state: fc.constantFrom('registering' as const, 'waiting' as const, 'connected' as const, 'leaving' as const),
    peer: fc.option(participant, { nil: undefined }),
    peerSequence: fc.option(sequence, { nil: undefined }),
  }),
);

describe('list and get', () => {
  it('requests come back as they went', () => {
    fc.assert(
      fc.property(fc.oneof(token, fc.constant('')), fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.integer({ min: 1, max: 1000 }), contentType, (tokenPrefix, afterSequence, limit, type) => {
        const message = { tokenPrefix, afterSequence, limit };
        expect(decodeListRequest(encodeListRequest(message, type), type)).toEqual(message);
      }),
    );
    fc.assert(fc.property(token, contentType, (text, type) => expect(decodeGetRequest(encodeGetRequest({ token: text }, type), type)).toEqual({ token: text })));
  });

  it('replies come back as they went', () => {
    fc.assert(
      fc.property(fc.array(view, { maxLength: 3 }), fc.boolean(), contentType, (registrations, more, type) => {
        expect(decodeListReply(encodeListReply({ registrations, more }, type), type)).toEqual({ registrations, more, failure: undefined });
      }),
    );
    fc.assert(
      fc.property(fc.option(view, { nil: undefined }), contentType, (registration, type) => {
        expect(decodeGetReply(encodeGetReply({ registration }, type), type)).toEqual({ registration, failure: undefined });
      }),
    );
  });

  it('carry a refusal', () => {
    const failure = new IrqBypassError(Errno.EACCES, 'not yours');
    expect(decodeListReply(encodeListReply({ registrations: [], more: false, failure }, 'application/json'), 'application/json').failure).toMatchObject({ errno: Errno.EACCES, message: failure.message });
    expect(decodeGetReply(encodeGetReply({ failure }, 'application/protobuf'), 'application/protobuf').failure).toMatchObject({ errno: Errno.EACCES });
  });

  it('an empty list request asks for the first 100', () => {
    expect(decodeListRequest(new Uint8Array(), 'application/protobuf')).toEqual({ tokenPrefix: '', afterSequence: 0, limit: 100 });
  });

  it.each([
    ['a limit above 1,000', { limit: 1001 }, /limit is 1001; it must be 1 to 1000/],
    ['a prefix longer than a token', { tokenPrefix: 'x'.repeat(129) }, /token_prefix is longer than a token/],
    ['a sequence beyond 2^53', { afterSequence: 1n << 53n }, /after_sequence is 9007199254740992, beyond/],
  ])('refuse %s', (_what, init, expected) => {
    expect(() => decodeListRequest(encodeMessage(ListRequestSchema, init, 'application/protobuf'), 'application/protobuf')).toThrow(expected);
  });

  it('refuse to get no token', () => {
    expect(() => decodeGetRequest(new Uint8Array(), 'application/protobuf')).toThrow(/the token is empty/);
  });
});
