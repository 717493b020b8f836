import { CALLBACKS } from '@irqmesh/domain';
import { decodeHoldingsReply, decodeHoldingsRequest, decodeInvokeReply, decodeInvokeRequest, encodeHoldingsReply, encodeHoldingsRequest, encodeInvokeReply, encodeInvokeRequest } from '@irqmesh/protocol';
import type { InvokeItemMessage } from '@irqmesh/protocol';
import { participant, requestId, run, sequence, side, token, uint32 } from '@irqmesh/protocol/test-support';
import fc from 'fast-check';
import { nothing, reply, request } from './call.ts';
import type { Call } from './call.ts';
import { failure, sentence } from './failures.ts';

const item: fc.Arbitrary<InvokeItemMessage> = fc.tuple(side, fc.boolean()).chain(([of, rollback]) =>
  fc.record({
    side: fc.constant(of),
    token,
    participant,
    registrationSequence: sequence,
    registrationRequestId: requestId,
    operationSequence: sequence,
    steps: rollback ? fc.constant([]) : fc.shuffledSubarray([...CALLBACKS[of]], { minLength: 1 }),
    rollback: fc.constant(rollback),
    peer: fc.record({ participant, registrationSequence: sequence, irq: fc.option(uint32, { nil: undefined }) }),
  }),
);

const status = fc.constantFrom('done' as const, 'running' as const, 'stale' as const, 'refused' as const, 'unanswered' as const);
const outcome = fc.record({ status, runs: fc.array(run, { maxLength: 6 }), message: sentence });

function decodeValid(payload: Uint8Array, contentType: Parameters<typeof decodeInvokeRequest>[1]): readonly InvokeItemMessage[] | undefined {
  const items = decodeInvokeRequest(payload, contentType).flatMap(({ value }) => (value === undefined ? [] : [value]));
  return items.length === 0 ? undefined : items;
}

export const invokeRequests: readonly Call[] = [
  request('invoke', {
    message: fc.array(item, { minLength: 1, maxLength: 3 }),
    encode: encodeInvokeRequest,
    decode: decodeValid,
  }),
  request('holdings', { message: fc.constant(undefined), encode: (_none, type) => encodeHoldingsRequest(type), decode: (payload, type) => nothing(() => decodeHoldingsRequest(payload, type)) }),
];

export const invokeReplies: readonly Call[] = [
  reply('invoke', { message: fc.record({ items: fc.array(outcome, { maxLength: 3 }), failure }), encode: encodeInvokeReply, decode: decodeInvokeReply }),
  reply('holdings', { message: fc.record({ producerRequestIds: fc.array(requestId), consumerRequestIds: fc.array(requestId) }), encode: encodeHoldingsReply, decode: decodeHoldingsReply }),
];
