import type { Side } from '@irqmesh/domain';
import {
  decodeRegisterRequest, decodeRegistryReply, decodeResultRequest, decodeUnregisterRequest, encodeRegisterRequest, encodeRegistryReply, encodeResultRequest, encodeUnregisterRequest,
} from '@irqmesh/protocol';
import type { BatchMessage, ItemOutcomeMessage, ParsedBatch, RegisterItemMessage, ResultItemMessage, UnregisterItemMessage } from '@irqmesh/protocol';
import { callbacks, int32, MAX_UINT32, name, printable, requestId, sequence, token, uint32 } from '@irqmesh/protocol/test-support';
import fc from 'fast-check';
import { reply, request } from './call.ts';
import type { Call } from './call.ts';
import { failure, sentence } from './failures.ts';

function batch<Item extends { readonly requestId: string }>(item: fc.Arbitrary<Item>): fc.Arbitrary<BatchMessage<Item>> {
  return fc.record({
    session: name,
    deadlineMs: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    items: fc.uniqueArray(item, { minLength: 1, maxLength: 4, selector: ({ requestId: id }) => id }),
  });
}

/** The items that were not refused one by one; undefined where none is left. */
function valid<Item>({ items, ...rest }: ParsedBatch<Item>): BatchMessage<Item> | undefined {
  const values = items.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return values.length === 0 ? undefined : { ...rest, items: values };
}

function registerItem(side: Side): fc.Arbitrary<RegisterItemMessage> {
  return fc.record({
    participantId: printable(128),
    token,
    requestId,
    irq: side === 'producer' ? uint32 : fc.constant(undefined),
    callbacks: callbacks(side),
    callbackDeadlineMs: fc.option(fc.integer({ min: 1, max: MAX_UINT32 }), { nil: undefined }),
    quiesceGroup: fc.option(printable(64), { nil: undefined }),
  });
}

const unregisterItem: fc.Arbitrary<UnregisterItemMessage> = fc.record({ participantId: printable(128), token, registrationRequestId: requestId, requestId });
const resultItem: fc.Arbitrary<ResultItemMessage> = fc.record({ participantId: printable(128), token, requestId });

const outcome: fc.Arbitrary<ItemOutcomeMessage> = fc.record({
  requestId,
  settlement: fc.constantFrom('settled' as const, 'pending' as const, 'not_appended' as const),
  result: int32,
  message: sentence,
  sequence: fc.option(sequence, { nil: undefined }),
  warning: fc.boolean(),
  holderSequence: fc.option(sequence, { nil: undefined }),
  retryAfterMs: fc.option(uint32, { nil: undefined }),
});

const registers = (['producer', 'consumer'] as const).map((side) =>
  request(`${side} register`, { message: batch(registerItem(side)), encode: encodeRegisterRequest, decode: (payload, contentType) => valid(decodeRegisterRequest(side, payload, contentType)) }),
);

export const registryRequests: readonly Call[] = [
  ...registers,
  request('unregister', { message: batch(unregisterItem), encode: encodeUnregisterRequest, decode: (payload, contentType) => valid(decodeUnregisterRequest(payload, contentType)) }),
  request('result', { message: batch(resultItem), encode: encodeResultRequest, decode: (payload, contentType) => valid(decodeResultRequest(payload, contentType)) }),
];

export const registryReplies: readonly Call[] = [
  reply('registry', { message: fc.record({ items: fc.array(outcome, { maxLength: 4 }), failure }), encode: encodeRegistryReply, decode: decodeRegistryReply }),
];
