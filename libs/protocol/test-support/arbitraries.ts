import { CALLBACKS, callbackSet, SIDES } from '@irqmesh/domain';
import type { CallbackRun, CallbackSet, EventBody, NewEvent, Participant, Side } from '@irqmesh/domain';
import fc from 'fast-check';

// Random values of every kind that goes over the wire, at their full ranges.

export const MAX_UINT32 = 0xffff_ffff;

export const side: fc.Arbitrary<Side> = fc.constantFrom(...SIDES);
export const sequence = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
export const uint32 = fc.integer({ min: 0, max: MAX_UINT32 });
export const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
export const result = int32.filter((number) => number !== 0);

const NAME_CHARACTERS = 'ABCXYZabcxyz0189_-';

export const name = fc
  .tuple(fc.constantFrom(...'Aa0z'), fc.string({ unit: fc.constantFrom(...NAME_CHARACTERS), maxLength: 63 }))
  .map(([first, rest]) => first + rest);

export function printable(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength });
}

export const requestId = printable(64);

/** Any valid token: well-formed text of 1 to 128 bytes, with a byte order mark or a zero byte in it now and then. */
export const token = fc
  .string({ unit: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...'host-a/b1.*> ') }, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), fc.constantFrom('\ufeff', '\0')), minLength: 1, maxLength: 128 })
  .filter((text) => new TextEncoder().encode(text).length <= 128);

export const participant: fc.Arbitrary<Participant> = fc.record({ host: name, session: name, id: printable(128) });

export function callbacks(of: Side): fc.Arbitrary<CallbackSet> {
  return fc.subarray([...CALLBACKS[of]]).map((names) => callbackSet(of, names));
}

export const run: fc.Arbitrary<CallbackRun> = side.chain((of) =>
  fc.record({
    side: fc.constant(of),
    callback: fc.constantFrom(...CALLBACKS[of]),
    result: int32,
    durationUs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    skipped: fc.boolean(),
  }),
);

const optionalGroup = fc.option(printable(64), { nil: undefined });

function registered(of: Side) {
  return { participant, callbacks: callbacks(of), deadlineMs: fc.integer({ min: 1, max: MAX_UINT32 }), requestId, quiesceGroup: optionalGroup };
}

const unregistered = {
  participant,
  registrationSequence: sequence,
  registrationRequestId: requestId,
  requestId,
  reason: fc.constantFrom('requested' as const, 'session_expired' as const, 'disowned' as const),
};

const pair = { producerSequence: sequence, consumerSequence: sequence, operationSequence: sequence, runs: fc.array(run, { maxLength: 9 }) };

/** A body of each type. */
export const bodies: { readonly [Type in EventBody['type']]: fc.Arbitrary<Extract<EventBody, { type: Type }>> } = {
  ProducerRegistered: fc.record({ type: fc.constant('ProducerRegistered' as const), irq: uint32, ...registered('producer') }),
  ConsumerRegistered: fc.record({ type: fc.constant('ConsumerRegistered' as const), ...registered('consumer') }),
  ProducerUnregistered: fc.record({ type: fc.constant('ProducerUnregistered' as const), ...unregistered }),
  ConsumerUnregistered: fc.record({ type: fc.constant('ConsumerUnregistered' as const), ...unregistered }),
  PairConnected: fc.record({ type: fc.constant('PairConnected' as const), ...pair }),
  ConnectFailed: fc.record({ type: fc.constant('ConnectFailed' as const), ...pair, newcomer: side, result }),
  ConnectAborted: fc.record({
    type: fc.constant('ConnectAborted' as const),
    ...pair,
    newcomer: side,
    gone: fc.subarray([...SIDES], { minLength: 1 }),
  }),
  PairDisconnected: fc.record({ type: fc.constant('PairDisconnected' as const), ...pair }),
  HandshakeStalled: fc.record({
    type: fc.constant('HandshakeStalled' as const),
    operationSequence: sequence,
    waitingFor: side,
    step: fc.string({ maxLength: 100 }),
    openForMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  }),
  RegistrationRefused: fc.record({
    type: fc.constant('RegistrationRefused' as const),
    side,
    participant,
    result,
    holderSequence: fc.option(sequence, { nil: undefined }),
    count: fc.integer({ min: 1, max: MAX_UINT32 }),
  }),
};

export function eventWith(body: fc.Arbitrary<EventBody>): fc.Arbitrary<NewEvent> {
  return fc.record({
    id: printable(64),
    token,
    timeMs: fc.integer({ min: 0, max: 253_402_300_799_999 }),
    source: printable(64),
    causationId: fc.option(printable(64), { nil: undefined }),
    traceparent: fc.constantFrom(undefined, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
    body,
  });
}

export const event = eventWith(fc.oneof(...Object.values(bodies)));
