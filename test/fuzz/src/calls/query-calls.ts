import {
  decodeExplainReply, decodeExplainRequest, decodeGetReply, decodeGetRequest, decodeListReply, decodeListRequest, decodeMatcherStateReply, decodeMatcherStateRequest,
  encodeExplainReply, encodeExplainRequest, encodeGetReply, encodeGetRequest, encodeListReply, encodeListRequest, encodeMatcherStateReply, encodeMatcherStateRequest,
} from '@irqmesh/protocol';
import type { ExplainReplyMessage, MatcherStateReplyMessage, RegistrationViewMessage } from '@irqmesh/protocol';
import { callbacks, event, participant, printable, requestId, sequence, side, token, uint32 } from '@irqmesh/protocol/test-support';
import fc from 'fast-check';
import { nothing, reply, request } from './call.ts';
import type { Call } from './call.ts';
import { failure, sentence } from './failures.ts';

const number53 = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const view: fc.Arbitrary<RegistrationViewMessage> = side.chain((of) =>
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

const operation = fc.record({ token, operationSequence: sequence, kind: fc.constantFrom('connect' as const, 'disconnect' as const), waitingFor: side, step: sentence, openForMs: number53 });

const state: fc.Arbitrary<MatcherStateReplyMessage> = fc.record({
  matcher: printable(64), partition: uint32, position: number53, tokens: uint32, pairs: uint32, operations: fc.array(operation, { maxLength: 3 }), failure,
});

const stored = fc.tuple(event, sequence).map(([one, at]) => ({ ...one, sequence: at }));

const explanation: fc.Arbitrary<ExplainReplyMessage> = fc.record({ token, connected: fc.boolean(), sentence, advice: sentence, events: fc.array(stored, { maxLength: 3 }), failure });

export const queryRequests: readonly Call[] = [
  request('list', { message: fc.record({ tokenPrefix: fc.oneof(token, fc.constant('')), afterSequence: number53, limit: fc.integer({ min: 1, max: 1_000 }) }), encode: encodeListRequest, decode: decodeListRequest }),
  request('get', { message: fc.record({ token }), encode: encodeGetRequest, decode: decodeGetRequest }),
  request('matcher state', { message: fc.constant(undefined), encode: (_none, type) => encodeMatcherStateRequest(type), decode: (payload, type) => nothing(() => decodeMatcherStateRequest(payload, type)) }),
  request('explain', { message: token, encode: encodeExplainRequest, decode: decodeExplainRequest }),
];

export const queryReplies: readonly Call[] = [
  reply('list', { message: fc.record({ registrations: fc.array(view, { maxLength: 3 }), more: fc.boolean(), failure }), encode: encodeListReply, decode: decodeListReply }),
  reply('get', { message: fc.record({ registration: fc.option(view, { nil: undefined }), failure }), encode: encodeGetReply, decode: decodeGetReply }),
  reply('matcher state', { message: state, encode: encodeMatcherStateReply, decode: decodeMatcherStateReply }),
  reply('explain', { message: explanation, encode: encodeExplainReply, decode: decodeExplainReply }),
];
