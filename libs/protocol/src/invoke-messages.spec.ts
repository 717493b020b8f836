import { describe, expect, it } from '@jest/globals';
import { CALLBACKS, Errno, IrqBypassError } from '@irqmesh/domain';
import fc from 'fast-check';
import { participant, requestId, run, sequence, side, token, uint32 } from '../test-support/arbitraries.ts';
import { InvokeRequestSchema } from './gen/irqmesh/v1/invoke_pb.ts';
import {
  decodeHoldingsReply, decodeHoldingsRequest, decodeInvokeReply, decodeInvokeRequest, encodeHoldingsReply, encodeHoldingsRequest, encodeInvokeReply,
  encodeInvokeRequest,
} from './invoke-messages.ts';
import type { InvokeItemMessage } from './invoke-messages.ts';
import { encodeMessage } from './rpc-codec.ts';

const contentType = fc.constantFrom('application/protobuf' as const, 'application/json' as const);

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

const who = { host: 'host-a', session: 's1', id: 'v3' };
const good = {
  side: 1, token: 't', participant: who, registrationSequence: 4n, registrationRequestId: 'r1', operationSequence: 5n, steps: [1, 3], peer: { participant: who, registrationSequence: 5n },
};

function refusal(bad: object): string | undefined {
  const payload = encodeMessage(InvokeRequestSchema, { items: [good, { ...good, ...bad }] }, 'application/protobuf');
  const [first, second] = decodeInvokeRequest(payload, 'application/protobuf');
  expect(first!.error).toBeUndefined();
  if (second!.error === undefined) return undefined;
  expect(second).toMatchObject({ requestId: 'r1', error: { errno: Errno.EINVAL } });
  return second!.error.message;
}

describe('an invoke', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 4 }), contentType, (items, type) => {
        expect(decodeInvokeRequest(encodeInvokeRequest(items, type), type)).toEqual(items.map((value) => ({ value })));
      }),
    );
  });

  it('may hold several items of one registration: they are told apart by their operation', () => {
    expect(refusal({ operationSequence: 9n })).toBeUndefined();
  });

  it.each([
    ['no steps and no rollback', { steps: [] }, /steps is empty and rollback is not set/],
    ['steps in a rollback', { rollback: true }, /steps is set in a rollback/],
    ["the other side's steps", { steps: [5] }, /steps holds add_producer, which a producer does not have/],
    ['a step twice', { steps: [1, 1] }, /steps holds a callback twice/],
    ['an unknown step', { steps: [42] }, /steps has the unknown value 42/],
    ['an unknown side', { side: 3 }, /side has the unknown value 3/],
    ['no operation', { operationSequence: 0n }, /operation_sequence is not set/],
    ['no registration', { registrationSequence: 0n }, /registration_sequence is not set/],
    ['a host that would leave its subject', { participant: { ...who, host: 'a.b' } }, /the host name "a.b" is not/],
    ['no participant', { participant: undefined }, /participant is missing/],
    ['no peer', { peer: undefined }, /peer is missing/],
    ['no token', { token: '' }, /the token is empty/],
  ])('is refused by item: %s', (_what, bad, expected) => {
    expect(refusal(bad)).toMatch(expected);
  });

  it('is refused as a whole without items', () => {
    expect(() => decodeInvokeRequest(new Uint8Array(), 'application/protobuf')).toThrow(/the request holds no items/);
  });

  it("has a reply that comes back as it went", () => {
    const status = fc.constantFrom('done' as const, 'running' as const, 'stale' as const, 'refused' as const, 'unanswered' as const);
    const outcome = fc.record({ status, runs: fc.array(run, { maxLength: 6 }), message: fc.string({ maxLength: 40 }) });
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 3 }), contentType, (items, type) => {
        expect(decodeInvokeReply(encodeInvokeReply({ items }, type), type)).toEqual({ items, failure: undefined });
      }),
    );
    const failure = new IrqBypassError(Errno.EINVAL, 'no');
    expect(decodeInvokeReply(encodeInvokeReply({ items: [], failure }, 'application/protobuf'), 'application/protobuf').failure).toMatchObject({ errno: Errno.EINVAL });
  });
});

describe('holdings', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.array(requestId), fc.array(requestId), contentType, (producerRequestIds, consumerRequestIds, type) => {
        const reply = { producerRequestIds, consumerRequestIds };
        expect(decodeHoldingsReply(encodeHoldingsReply(reply, type), type)).toEqual(reply);
      }),
    );
    expect(() => decodeHoldingsRequest(encodeHoldingsRequest('application/json'), 'application/json')).not.toThrow();
    expect(() => decodeHoldingsRequest(Uint8Array.from([0xff]), 'application/protobuf')).toThrow(IrqBypassError);
  });
});
