import { describe, expect, it } from '@jest/globals';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { IrqBypassError } from '@irqmesh/domain';
import type { EventBody, NewEvent } from '@irqmesh/domain';
import fc from 'fast-check';
import { bodies, event, eventWith } from '../test-support/arbitraries.ts';
import { thrownBy } from '../test-support/thrown-by.ts';
import { decodeEvent, encodeEvent, EventDecodeError } from './event-codec.ts';
import type { EncodedEvent, StoredMessage } from './event-codec.ts';
import { EventHeader } from './event-headers.ts';
import type { Side } from './gen/irqmesh/v1/common_pb.ts';
import { EventSchema } from './gen/irqmesh/v1/event_pb.ts';
import type { UnregisterReason } from './gen/irqmesh/v1/event_pb.ts';
import { parseEventSubject } from './subjects.ts';
import { tokenKey } from './token-key.ts';

const PARTITIONS = 16;

function stored({ subject, headers, payload }: EncodedEvent, changes: Partial<{ subject: string; payload: Uint8Array; headers: Record<string, string> }> = {}): StoredMessage {
  const all: Record<string, string> = { ...headers, ...changes.headers };
  return { subject: changes.subject ?? subject, sequence: 42, headers: { get: (name) => all[name] ?? '' }, payload: changes.payload ?? payload };
}

const registered: NewEvent = {
  id: 'id-1',
  token: 'host-a/boot-1/eventfd-42',
  timeMs: Date.UTC(2026, 0, 31, 8, 15, 0, 123),
  source: 'producer-registry/1',
  causationId: 'request-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  body: {
    type: 'ProducerRegistered',
    participant: { host: 'host-a', session: 's1', id: 'vector-3' },
    irq: 142,
    callbacks: ['stop', 'start'],
    deadlineMs: 5000,
    requestId: 'r1',
    quiesceGroup: undefined,
  },
};

/** The reason why a message with this payload, in place of a good one's, cannot be read. */
function refusal(init: MessageInitShape<typeof EventSchema>, original: NewEvent = registered): string {
  return reasonOf(stored(encodeEvent(original, PARTITIONS), { payload: toBinary(EventSchema, create(EventSchema, init)) }));
}

function reasonOf(message: StoredMessage): string {
  const error = thrownBy(() => decodeEvent(message));
  if (error instanceof EventDecodeError) return error.reason;
  throw new Error('the message was not refused as it should', { cause: error });
}

describe('an event on its way through the log', () => {
  it.each(Object.entries(bodies))('comes back as it went: %s', (_type, body) => {
    fc.assert(
      fc.property(eventWith(body as fc.Arbitrary<EventBody>), (original) => {
        const encoded = encodeEvent(original, PARTITIONS);
        expect(decodeEvent(stored(encoded))).toEqual({ ...original, sequence: 42 });
      }),
    );
  });

  it('is the same bytes as the generated code writes, and is read from them', () => {
    fc.assert(
      fc.property(event, (original) => {
        const encoded = encodeEvent(original, PARTITIONS);
        const message = fromBinary(EventSchema, encoded.payload);
        expect(message.$unknown).toBeUndefined();
        const rewritten = toBinary(EventSchema, message);
        expect(Buffer.from(rewritten).equals(encoded.payload)).toBe(true);
      }),
    );
  });

  it('carries the CloudEvents attributes in its headers', () => {
    const { subject, headers } = encodeEvent(registered, PARTITIONS);
    const key = tokenKey(registered.token);
    expect(parseEventSubject(subject)).toMatchObject({ kind: 'producer', tokenKey: key, token: registered.token });
    expect(headers).toEqual({
      'Nats-Msg-Id': 'id-1',
      'ce-specversion': '1.0',
      'ce-id': 'id-1',
      'ce-source': 'producer-registry/1',
      'ce-type': 'irqmesh.v1.ProducerRegistered',
      'ce-time': '2026-01-31T08:15:00.123Z',
      'ce-subject': key,
      'ce-causationid': 'request-1',
      'ce-schemaversion': '1',
      'ce-checksum': expect.stringMatching(/^[0-9a-f]{8}$/),
      traceparent: registered.traceparent,
      'content-type': 'application/protobuf',
    });
  });

  it('shares the callback set of its combination', () => {
    const twice = [1, 2].map(() => decodeEvent(stored(encodeEvent(registered, PARTITIONS))).body);
    expect(twice[0]).toHaveProperty('callbacks', ['stop', 'start']);
    expect((twice[0] as { callbacks: unknown }).callbacks).toBe((twice[1] as { callbacks: unknown }).callbacks);
  });

  it('passes over fields of newer programs', () => {
    const encoded = encodeEvent(registered, PARTITIONS);
    // Fields 99 (varint), 98 (bytes), 97 (fixed64) and 96 (fixed32) behind the body.
    const more = [0x98, 0x06, 0x96, 0x01, 0x92, 0x06, 0x02, 1, 2, 0x89, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0x85, 0x06, 1, 2, 3, 4];
    const payload = Uint8Array.from([...encoded.payload, ...more]);
    expect(decodeEvent(stored(encoded, { payload })).body).toEqual(registered.body);
  });
});

describe('encodeEvent refuses', () => {
  it.each([
    ['a header with a line break', { ...registered, source: 'me\r\nce-id: forged' }],
    ['an empty id', { ...registered, id: '' }],
    ['a time before 1970', { ...registered, timeMs: -1 }],
    ['an empty token', { ...registered, token: '' }],
    ['a negative irq', { ...registered, body: { ...registered.body, irq: -1 } as EventBody }],
  ])('%s', (_what, bad) => {
    expect(() => encodeEvent(bad, PARTITIONS)).toThrow(IrqBypassError);
    // The writer keeps nothing of the refused event.
    expect(decodeEvent(stored(encodeEvent(registered, PARTITIONS)))).toEqual({ ...registered, sequence: 42 });
  });
});

describe('decodeEvent refuses', () => {
  const participant = { host: 'host-a', session: 's1', id: 'vector-3' };
  const producer = { participant, irq: 1, callbacks: [1], deadlineMs: 5000, requestId: 'r1' };
  const good = encodeEvent(registered, PARTITIONS);

  it('with the sequence and the reason', () => {
    expect(thrownBy(() => decodeEvent(stored(good, { payload: new Uint8Array() })))).toMatchObject({
      name: 'EventDecodeError',
      sequence: 42,
      reason: 'the payload is empty',
      message: 'event 42 of the log cannot be read: the payload is empty',
    });
  });

  it('a payload without a body', () => {
    expect(refusal({})).toBe('the payload is empty');
    expect(reasonOf(stored(good, { payload: Uint8Array.from([0x98, 0x06, 1]) }))).toBe('the payload holds no body that this version knows');
  });

  it('a payload with two bodies', () => {
    expect(reasonOf(stored(good, { payload: Uint8Array.from([...good.payload, ...good.payload]) }))).toBe('the payload holds more than one body');
  });

  it('unknown and unset enum values', () => {
    const field = (callbacks: number[]) => refusal({ body: { case: 'producerRegistered', value: { ...producer, callbacks } } });
    expect(field([77])).toMatch(/^callbacks has the unknown value 77; it must be one of the callbacks stop, start, /);
    expect(field([0])).toMatch(/^callbacks is not set/);
    expect(field([5])).toBe('callbacks holds add_producer, which a producer does not have');
    const pairValue = { producerSequence: 1n, consumerSequence: 2n, operationSequence: 2n, result: -5 };
    expect(refusal({ body: { case: 'connectFailed', value: { ...pairValue, newcomer: 9 as Side } } })).toMatch(/^newcomer has the unknown value 9/);
    expect(refusal({ body: { case: 'connectAborted', value: { ...pairValue, newcomer: 1, gone: [3 as Side] } } })).toMatch(/^gone has the unknown value 3/);
    expect(refusal({ body: { case: 'producerUnregistered', value: { participant, registrationSequence: 1n, registrationRequestId: 'r', requestId: 'u', reason: 4 as UnregisterReason } } })).toMatch(/^reason has the unknown value 4/);
    expect(refusal({ body: { case: 'pairConnected', value: { ...pairValue, runs: [{ side: 1, callback: 5 }] } } })).toBe('runs holds add_producer of a producer, which does not have it');
  });

  it('missing fields', () => {
    const pairValue = { producerSequence: 1n, consumerSequence: 2n, operationSequence: 2n };
    const unregistered = { participant, registrationSequence: 1n, registrationRequestId: 'r', requestId: 'u', reason: 1 };
    const { participant: _participant, ...nobody } = producer;
    expect(refusal({ body: { case: 'producerRegistered', value: nobody } })).toBe('participant is missing');
    expect(refusal({ body: { case: 'producerRegistered', value: { ...producer, participant: { ...participant, session: '' } } } })).toBe('participant lacks its host, session or id');
    expect(refusal({ body: { case: 'producerRegistered', value: { ...producer, deadlineMs: 0 } } })).toBe('deadline_ms is missing');
    expect(refusal({ body: { case: 'consumerRegistered', value: { ...nobody, participant, requestId: '' } } })).toBe('request_id is missing');
    expect(refusal({ body: { case: 'producerUnregistered', value: { ...unregistered, registrationSequence: 0n } } })).toBe('registration_sequence is missing');
    expect(refusal({ body: { case: 'consumerUnregistered', value: { ...unregistered, registrationRequestId: '' } } })).toBe('registration_request_id is missing');
    expect(refusal({ body: { case: 'consumerUnregistered', value: { ...unregistered, requestId: '' } } })).toBe('request_id is missing');
    expect(refusal({ body: { case: 'pairConnected', value: { ...pairValue, producerSequence: 0n } } })).toBe('producer_sequence is missing');
    expect(refusal({ body: { case: 'pairConnected', value: { ...pairValue, consumerSequence: 0n } } })).toBe('consumer_sequence is missing');
    expect(refusal({ body: { case: 'pairDisconnected', value: { ...pairValue, operationSequence: 0n } } })).toBe('operation_sequence is missing');
    expect(refusal({ body: { case: 'connectFailed', value: { ...pairValue, newcomer: 1 } } })).toBe('result is missing');
    expect(refusal({ body: { case: 'connectAborted', value: { ...pairValue, newcomer: 1 } } })).toBe('gone is missing');
    expect(refusal({ body: { case: 'handshakeStalled', value: { waitingFor: 1 } } })).toBe('operation_sequence is missing');
    expect(refusal({ body: { case: 'registrationRefused', value: { side: 1, participant, result: -16 } } })).toBe('count is missing');
    expect(refusal({ body: { case: 'registrationRefused', value: { side: 1, participant, count: 1 } } })).toBe('result is missing');
  });

  it('numbers that JavaScript cannot hold', () => {
    const value = { producerSequence: 1n << 60n, consumerSequence: 2n, operationSequence: 2n };
    expect(refusal({ body: { case: 'pairConnected', value } })).toBe('a number is beyond 2^53 - 1');
  });

  it('a body whose kind or type is not what subject and header say', () => {
    expect(reasonOf(stored(good, { subject: good.subject.replace('.producer.', '.pair.') }))).toBe('its subject is for pair events, its body is a ProducerRegistered');
    expect(reasonOf(stored(good, { headers: { [EventHeader.type]: 'irqmesh.v1.PairConnected' } }))).toBe('its ce-type is "irqmesh.v1.PairConnected", its body is a ProducerRegistered');
  });

  it('a subject that is not an event\'s', () => {
    expect(reasonOf(stored(good, { subject: 'irqmesh.rpc.producer.invoke' }))).toBe('"irqmesh.rpc.producer.invoke" is not an event\'s subject');
    expect(reasonOf(stored(good, { subject: 'irqmesh.evt.3.producer.a' }))).toBe('"a" is not the base64url key of a token');
  });

  it('data without its headers', () => {
    const lone: StoredMessage = { subject: good.subject, sequence: 42, headers: { get: () => '' }, payload: good.payload };
    expect(reasonOf(lone)).toBe('the header ce-schemaversion is missing');
    for (const name of [EventHeader.id, EventHeader.source, EventHeader.type]) {
      expect(reasonOf(stored(good, { headers: { [name]: '' } }))).toBe(`the header ${name} is missing`);
    }
    expect(reasonOf(stored(good, { headers: { [EventHeader.time]: '' } }))).toBe('"" is not a time like 2026-01-31T08:15:00.123Z');
  });

  it('schema versions of newer programs, and what is no version', () => {
    expect(reasonOf(stored(good, { headers: { [EventHeader.schemaVersion]: '2' } }))).toBe('it was written with schema version 2, this program knows versions up to 1: use a newer one');
    expect(reasonOf(stored(good, { headers: { [EventHeader.schemaVersion]: '01' } }))).toBe('"01" is not a schema version');
  });

  it('strings that are not UTF-8', () => {
    const at = good.payload.indexOf('v'.charCodeAt(0));
    const payload = good.payload.slice();
    payload[at] = 0xff;
    expect(reasonOf(stored(good, { payload }))).toBe('a string is not valid UTF-8');
  });

  it('every cut of a payload, and random bytes, with its own error and no other', () => {
    fc.assert(
      fc.property(event, fc.nat(), (original, cut) => {
        const encoded = encodeEvent(original, PARTITIONS);
        const payload = encoded.payload.subarray(0, cut % encoded.payload.length);
        expect(() => decodeEvent(stored(encoded, { payload }))).toThrow(EventDecodeError);
      }),
    );
    fc.assert(
      fc.property(event, fc.uint8Array({ maxLength: 60 }), fc.nat(), (original, noise, at) => {
        const encoded = encodeEvent(original, PARTITIONS);
        const payload = encoded.payload.slice();
        payload.set(noise.subarray(0, payload.length), at % Math.max(1, payload.length - noise.length));
        const error = thrownBy(() => decodeEvent(stored(encoded, { payload })));
        expect(error === undefined || (error instanceof EventDecodeError && error.cause instanceof IrqBypassError)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
