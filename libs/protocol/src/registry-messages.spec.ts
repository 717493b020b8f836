import { describe, expect, it } from '@jest/globals';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import fc from 'fast-check';
import { callbacks, int32, MAX_UINT32, name, printable, requestId, sequence, side, token, uint32 } from '../test-support/arbitraries.ts';
import { thrownBy } from '../test-support/thrown-by.ts';
import { RegisterRequestSchema, ResultRequestSchema, UnregisterRequestSchema } from './gen/irqmesh/v1/registry_pb.ts';
import type { BatchMessage, ItemOutcomeMessage } from './registry-messages.ts';
import {
  decodeRegisterRequest, decodeRegistryReply, decodeResultRequest, decodeUnregisterRequest, encodeRegisterRequest, encodeRegistryReply, encodeResultRequest,
  encodeUnregisterRequest,
} from './registry-messages.ts';
import { MAX_ITEMS } from './request-fields.ts';
import { encodeMessage } from './rpc-codec.ts';

const contentType = fc.constantFrom('application/protobuf' as const, 'application/json' as const);
const participantId = printable(128);

function batch<Item extends { requestId: string }>(item: fc.Arbitrary<Item>): fc.Arbitrary<BatchMessage<Item>> {
  return fc.record({
    session: name,
    deadlineMs: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    items: fc.uniqueArray(item, { minLength: 1, maxLength: 5, selector: ({ requestId: id }) => id }),
  });
}

function asParsed<Item>(message: BatchMessage<Item>) {
  return { ...message, items: message.items.map((value) => ({ value })) };
}

const none = fc.constant(undefined);
const item = { participantId: 'p1', token: 't', requestId: 'r1', callbacks: [1, 2] };

function register(items: MessageInitShape<typeof RegisterRequestSchema>['items'] & object, more: { session?: string; deadlineUnixMs?: bigint } = {}, of: 'producer' | 'consumer' = 'producer') {
  return decodeRegisterRequest(of, encodeMessage(RegisterRequestSchema, { session: 's1', deadlineUnixMs: 5n, items, ...more }, 'application/protobuf'), 'application/protobuf');
}

function refusal(bad: object, of: 'producer' | 'consumer' = 'producer'): string {
  const parsed = register([{ ...item, ...bad }], {}, of).items[0]!;
  if (parsed.error === undefined) throw new Error('the item was taken');
  expect(parsed.error.errno).toBe(Errno.EINVAL);
  return parsed.error.message;
}

function failure(run: () => unknown): IrqBypassError {
  const error = thrownBy(run);
  if (error instanceof IrqBypassError) return error;
  throw new Error('nothing was refused as it should', { cause: error });
}

describe('a register request', () => {
  it('comes back as it went', () => {
    const cases = side.chain((of) => {
      const items = fc.record({
        participantId,
        token,
        requestId,
        irq: of === 'producer' ? uint32 : none,
        callbacks: callbacks(of),
        callbackDeadlineMs: fc.option(fc.integer({ min: 1, max: MAX_UINT32 }), { nil: undefined }),
        quiesceGroup: fc.option(printable(64), { nil: undefined }),
      });
      return fc.tuple(fc.constant(of), batch(items), contentType);
    });
    fc.assert(fc.property(cases, ([of, message, type]) => expect(decodeRegisterRequest(of, encodeRegisterRequest(message, type), type)).toEqual(asParsed(message))));
  });

  it('may be written by hand in JSON', () => {
    const text = '{"session":"s1","deadlineUnixMs":"1769847300123","items":[{"participantId":"v3","token":"t","requestId":"r1","irq":142,"callbacks":["CALLBACK_STOP"]}]}';
    expect(decodeRegisterRequest('producer', new TextEncoder().encode(text), 'application/json')).toEqual({
      session: 's1',
      deadlineMs: 1_769_847_300_123,
      items: [{ value: { participantId: 'v3', token: 't', requestId: 'r1', irq: 142, callbacks: ['stop'], callbackDeadlineMs: undefined, quiesceGroup: undefined } }],
    });
  });

  it('keeps its good items when one is bad, in their order', () => {
    const parsed = register([item, { ...item, requestId: 'r2', token: '' }, { ...item, requestId: 'r3' }]);
    expect(parsed.items.map(({ error }) => error?.errno)).toEqual([undefined, Errno.EINVAL, undefined]);
    expect(parsed.items[1]).toMatchObject({ requestId: 'r2' });
    expect(parsed.items[2]!.value).toMatchObject({ requestId: 'r3', token: 't' });
  });

  it('refuses an item for its token', () => {
    expect(refusal({ token: '' })).toMatch(/the token is empty/);
    expect(refusal({ token: 'é'.repeat(65) })).toMatch(/the token is too long: at least 130 bytes/);
  });

  it('refuses an item for its participant, request id or group', () => {
    expect(refusal({ participantId: '' })).toMatch(/the participant id must be 1 to 128 printable ASCII/);
    expect(refusal({ participantId: 'a b' })).toMatch(/the participant id must be/);
    expect(refusal({ requestId: '' })).toMatch(/request_id must be 1 to 64 printable ASCII/);
    expect(refusal({ requestId: 'x'.repeat(65) })).toMatch(/request_id must be/);
    expect(refusal({ quiesceGroup: '' })).toMatch(/quiesce_group must be 1 to 64 printable ASCII/);
  });

  it('refuses an item for its callbacks', () => {
    expect(refusal({ callbacks: [99] })).toMatch(/callbacks has the unknown value 99/);
    expect(refusal({ callbacks: [0] })).toMatch(/callbacks is not set/);
    expect(refusal({ callbacks: [5] })).toMatch(/callbacks holds add_producer, which a producer does not have/);
    expect(refusal({ callbacks: [3] }, 'consumer')).toMatch(/callbacks holds add_consumer, which a consumer does not have/);
  });

  it('refuses an irq of a consumer', () => {
    expect(refusal({ irq: 7, callbacks: [5, 6] }, 'consumer')).toMatch(/irq is set; only producers have one/);
  });

  it('refuses the second item with one request id, and cuts an over-long one in the answer', () => {
    const parsed = register([item, { ...item, participantId: 'p2' }, { ...item, requestId: 'x'.repeat(1000) }]);
    expect(parsed.items.map(({ error }) => error?.message)).toEqual([undefined, expect.stringMatching(/request_id "r1" stands twice in the batch/), expect.any(String)]);
    expect(parsed.items[2]).toMatchObject({ requestId: 'x'.repeat(64) });
  });

  it('is refused as a whole for its session, deadline or number of items', () => {
    expect(failure(() => register([item], { session: 'a.b' })).errno).toBe(Errno.EINVAL);
    expect(failure(() => register([item], { deadlineUnixMs: 0n })).message).toMatch(/deadline_unix_ms is missing/);
    expect(failure(() => register([item], { deadlineUnixMs: 1n << 63n })).message).toMatch(/deadline_unix_ms is 9223372036854775808, beyond 2\^53 - 1/);
    expect(failure(() => register([])).message).toMatch(/the request holds no items/);
    expect(register(Array.from({ length: MAX_ITEMS }, (_, at) => ({ ...item, requestId: `r${at}` }))).items).toHaveLength(MAX_ITEMS);
    const many = failure(() => register(Array.from({ length: MAX_ITEMS + 1 }, () => item)));
    expect(many.errno).toBe(Errno.EMSGSIZE);
    expect(many.message).toMatch(/holds 2049 items, the limit is 2048/);
  });
});

describe('encodeRegisterRequest refuses', () => {
  const fine = { participantId: 'p1', token: 't', requestId: 'r1', irq: 1, callbacks: [] };

  it.each([
    ['a negative irq', { ...fine, irq: -1 }, 5, /the RegisterRequest cannot be written: .*-1/],
    ['a fractional deadline', fine, 1.5, /1.5 is not a whole number from 0 to 2\^53 - 1/],
    ['a token with a lone surrogate', { ...fine, token: '\ud800' }, 5, /the token is not valid UTF-8/],
  ])('%s', (_what, bad, deadlineMs, expected) => {
    expect(failure(() => encodeRegisterRequest({ session: 's', deadlineMs, items: [bad] }))).toMatchObject({ errno: Errno.EINVAL, message: expect.stringMatching(expected) });
  });
});

describe('unregister and result requests', () => {
  it('come back as they went', () => {
    const unregister = batch(fc.record({ participantId, token, registrationRequestId: requestId, requestId }));
    fc.assert(fc.property(unregister, contentType, (message, type) => expect(decodeUnregisterRequest(encodeUnregisterRequest(message, type), type)).toEqual(asParsed(message))));
    const result = batch(fc.record({ participantId, token, requestId }));
    fc.assert(fc.property(result, contentType, (message, type) => expect(decodeResultRequest(encodeResultRequest(message, type), type)).toEqual(asParsed(message))));
  });

  it('refuse bad items by themselves', () => {
    const good = { participantId: 'p1', token: 't', registrationRequestId: 'r1', requestId: 'u1' };
    const items = [good, { ...good, requestId: 'u2', registrationRequestId: '' }, { ...good, requestId: 'u3', token: '' }, good];
    const unregister = decodeUnregisterRequest(encodeMessage(UnregisterRequestSchema, { session: 's', deadlineUnixMs: 1n, items }, 'application/protobuf'), 'application/protobuf');
    expect(unregister.items.map(({ error }) => error?.message)).toEqual([
      undefined,
      expect.stringMatching(/registration_request_id must be/),
      expect.stringMatching(/the token is empty/),
      expect.stringMatching(/"u1" stands twice/),
    ]);
    const asked = [{ participantId: 'p1', token: 't', requestId: 'r1' }, { participantId: '', token: 't', requestId: 'r2' }];
    const result = decodeResultRequest(encodeMessage(ResultRequestSchema, { session: 's', deadlineUnixMs: 1n, items: asked }, 'application/protobuf'), 'application/protobuf');
    expect(result.items.map(({ error }) => error?.errno)).toEqual([undefined, Errno.EINVAL]);
  });
});

describe('a registry reply', () => {
  const outcome: fc.Arbitrary<ItemOutcomeMessage> = fc.record({
    requestId,
    settlement: fc.constantFrom('settled' as const, 'pending' as const, 'not_appended' as const),
    result: int32,
    message: fc.string({ unit: 'grapheme', maxLength: 50 }),
    sequence: fc.option(sequence, { nil: undefined }),
    warning: fc.boolean(),
    holderSequence: fc.option(sequence, { nil: undefined }),
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 5 }), contentType, (items, type) => {
        expect(decodeRegistryReply(encodeRegistryReply({ items }, type), type)).toEqual({ items, failure: undefined });
      }),
    );
  });

  it('carries a refusal of the whole call with errno and sentence', () => {
    const error = new IrqBypassError(Errno.EMSGSIZE, 'too many');
    for (const type of ['application/protobuf', 'application/json'] as const) {
      const { items, failure: back } = decodeRegistryReply(encodeRegistryReply({ items: [], failure: error }, type), type);
      expect(items).toEqual([]);
      expect(back).toBeInstanceOf(IrqBypassError);
      expect(back).toMatchObject({ errno: Errno.EMSGSIZE, code: 'EMSGSIZE', message: error.message });
    }
  });

  it('cuts sentences that quote a lot of input', () => {
    const { failure: back } = decodeRegistryReply(encodeRegistryReply({ items: [], failure: new IrqBypassError(Errno.EINVAL, 'x'.repeat(1_000_000)) }, 'application/protobuf'), 'application/protobuf');
    expect(back!.message.length).toBeLessThan(600);
  });

  it('without a settlement is -EIO', () => {
    const bad = Uint8Array.from([0x0a, 0x03, 0x0a, 0x01, 0x72]);
    expect(failure(() => decodeRegistryReply(bad, 'application/protobuf'))).toMatchObject({ errno: Errno.EIO, message: expect.stringMatching(/settlement is not set/) });
  });
});
