import { describe, expect, it } from '@jest/globals';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import fc from 'fast-check';
import { event, sequence, side, token, uint32 } from '../test-support/arbitraries.ts';
import { ExplainReplySchema } from './gen/irqmesh/v1/matcher_pb.ts';
import {
  decodeExplainReply, decodeExplainRequest, decodeMatcherStateReply, decodeMatcherStateRequest, encodeExplainReply, encodeExplainRequest, encodeMatcherStateReply,
  encodeMatcherStateRequest,
} from './matcher-messages.ts';
import { encodeMessage } from './rpc-codec.ts';

const contentType = fc.constantFrom('application/protobuf' as const, 'application/json' as const);
const failure = new IrqBypassError(Errno.ENODEV, 'not here');

describe('the state of a partition', () => {
  const operation = fc.record({
    token,
    operationSequence: sequence,
    kind: fc.constantFrom('connect' as const, 'disconnect' as const),
    waitingFor: side,
    step: fc.string({ maxLength: 40 }),
    openForMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  });
  const state = fc.record({
    matcher: fc.string({ maxLength: 40 }), partition: uint32, position: fc.nat({ max: Number.MAX_SAFE_INTEGER }), tokens: uint32, pairs: uint32, operations: fc.array(operation, { maxLength: 4 }),
  });

  it('comes back as it went', () => {
    fc.assert(fc.property(state, contentType, (reply, type) => expect(decodeMatcherStateReply(encodeMatcherStateReply(reply, type), type)).toEqual({ ...reply, failure: undefined })));
    expect(() => decodeMatcherStateRequest(encodeMatcherStateRequest(), 'application/protobuf')).not.toThrow();
    expect(() => decodeMatcherStateRequest(new TextEncoder().encode('{"x":1}'), 'application/json')).toThrow(/key "x" is unknown/);
  });

  it('carries a refusal', () => {
    const none = { matcher: '', partition: 0, position: 0, tokens: 0, pairs: 0, operations: [], failure };
    expect(decodeMatcherStateReply(encodeMatcherStateReply(none, 'application/protobuf'), 'application/protobuf').failure).toMatchObject({ errno: Errno.ENODEV });
  });
});

describe('an explanation', () => {
  it('comes back as it went, its events as the log has them', () => {
    const logged = fc.tuple(event, sequence).map(([of, at]) => ({ ...of, sequence: at }));
    const text = fc.string({ maxLength: 80 });
    const reply = fc.record({ token, connected: fc.boolean(), sentence: text, advice: text, events: fc.array(logged, { maxLength: 4 }) });
    fc.assert(fc.property(reply, contentType, (explained, type) => expect(decodeExplainReply(encodeExplainReply(explained, type), type)).toEqual({ ...explained, failure: undefined })));
    fc.assert(fc.property(token, contentType, (asked, type) => expect(decodeExplainRequest(encodeExplainRequest(asked, type), type)).toBe(asked)));
  });

  it('carries a refusal', () => {
    const none = { token: 't', connected: false, sentence: '', advice: '', events: [], failure };
    expect(decodeExplainReply(encodeExplainReply(none, 'application/json'), 'application/json').failure).toMatchObject({ errno: Errno.ENODEV, message: failure.message });
  });

  it('of no token is refused, one with half an event is -EIO', () => {
    expect(() => decodeExplainRequest(new Uint8Array(), 'application/protobuf')).toThrow(/the token is empty/);
    const half = encodeMessage(ExplainReplySchema, { token: 't', events: [{ sequence: 1n, token: 't' }] }, 'application/protobuf');
    expect(() => decodeExplainReply(half, 'application/protobuf')).toThrow(/-5 \(EIO\): the reply cannot be read: events.event is missing/);
  });
});
