import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connect as connectSdk } from '@irqmesh/client';
import type { IrqMeshClient } from '@irqmesh/client';
import { callbackSet, CALLBACKS, partitionOf } from '@irqmesh/domain';
import type { IrqBypassError } from '@irqmesh/domain';
import {
  CONTENT_TYPE_HEADER, decodeExplainReply, decodeInvokeReply, decodeListReply, decodeMatcherStateReply, decodeRegistryReply, encodeRegisterRequest,
  matcherSubject, parseContentType, registrySubject, STREAM_NAME,
} from '@irqmesh/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { Stack } from './stack.ts';

const HOST = 'host-a';
const TOKEN = 'host-a/boot-1/eventfd-42';
const REGISTER = registrySubject('consumer', 'register', HOST);

let stack: Stack;
let nats: NatsConnection;
let sdk: IrqMeshClient;
let session: string;
let sequenceBefore: number;

beforeAll(async () => {
  stack = await Stack.start();
  nats = await connect({ servers: stack.nats.url });
  sdk = await connectSdk({ servers: stack.nats.url, host: HOST });
  session = sdk.session!;
  // One registration that stands, so that the log is not empty.
  await sdk.registerProducer({ id: 'standing', token: 'standing', irq: 1 });
  sequenceBefore = await lastSequence();
}, 90_000);

afterAll(async () => {
  await sdk.close();
  await nats.close();
  await stack.close();
}, 60_000);

afterEach(async () => {
  // Whatever came: nothing was appended, and every service still takes calls.
  expect(await lastSequence()).toBe(sequenceBefore);
  for (const service of stack.services) {
    for (const path of ['/healthz', '/readyz']) expect({ name: service.name, path, status: (await fetch(service.httpUrl + path)).status }).toMatchObject({ status: 200 });
  }
});

/** Of all but notes, which come a second after what they tell of, and change nothing. */
async function lastSequence(): Promise<number> {
  const { streams } = await jetstreamManager(nats);
  const last = await Promise.all(['producer', 'consumer', 'pair'].map((kind) => streams.getMessage(STREAM_NAME, { last_by_subj: `irqmesh.evt.*.${kind}.*` })));
  return Math.max(...last.map((message) => message?.seq ?? 0));
}

function call(subject: string, payload: Uint8Array | string, contentType?: string): Promise<Msg> {
  const sent = headers();
  if (contentType !== undefined) sent.set(CONTENT_TYPE_HEADER, contentType);
  return nats.request(subject, payload, { timeout: 10_000, headers: sent });
}

/** A register of a consumer in JSON; what a test changes is put over it. */
function registerJson(item: object = {}, call_: object = {}): string {
  const good = { participantId: 'c1', token: TOKEN, requestId: 'r1', callbacks: ['CALLBACK_ADD_PRODUCER', 'CALLBACK_DEL_PRODUCER'] };
  return JSON.stringify({ session, deadlineUnixMs: String(Date.now() + 5_000), items: [{ ...good, ...item }], ...call_ });
}

function reply(message: Msg) {
  return decodeRegistryReply(message.data, parseContentType(message.headers?.get(CONTENT_TYPE_HEADER)));
}

/** The error of a call as a whole: an errno and a sentence. */
function expectFailure(failure: IrqBypassError | undefined, errno: number, sentence: RegExp): void {
  expect(failure).toMatchObject({ errno });
  expect(failure!.message).toMatch(sentence);
}

describe('items that are wrong, each with its errno and a sentence', () => {
  test.each([
    ['an empty token', { token: '' }, -22, /token is empty/],
    ['a token of 129 bytes', { token: 'x'.repeat(129) }, -22, /too long: at least 129 bytes/],
    ['a token of 65 two-byte characters', { token: 'é'.repeat(65) }, -22, /too long/],
    ['no participant', { participantId: '' }, -22, /participant id/],
    ['no request id', { requestId: '' }, -22, /request_id/],
    ['an irq of a consumer', { irq: 5 }, -22, /irq/],
    ['callbacks of the other side', { callbacks: ['CALLBACK_ADD_CONSUMER'] }, -22, /callback/],
    ['a consumer without delProducer', { callbacks: ['CALLBACK_ADD_PRODUCER'] }, -22, /both addProducer and delProducer/],
    ['an enum value that is none', { callbacks: [77] }, -22, /callbacks/],
    ['a callback deadline out of range', { callbackDeadlineMs: 5_501 }, -22, /deadline of 5501 ms is out of range: 1 to 5500/],
  ])('%s', async (_what, item, errno, sentence) => {
    const { items, failure } = reply(await call(REGISTER, registerJson(item), 'application/json'));
    expect(failure).toBeUndefined();
    expect(items).toMatchObject([{ settlement: 'settled', result: errno }]);
    expect(items[0]!.message).toMatch(sentence);
  });

  test('an unknown session', async () => {
    const { items } = reply(await call(REGISTER, registerJson({}, { session: 'nobody' }), 'application/json'));
    expect(items).toMatchObject([{ settlement: 'settled', result: -19, message: expect.stringContaining('no open session nobody') }]);
  });

  test('a session of another host: the subject is believed, not the payload', async () => {
    const { items } = reply(await call(registrySubject('consumer', 'register', 'host-b'), registerJson(), 'application/json'));
    expect(items).toMatchObject([{ settlement: 'settled', result: -19, message: expect.stringContaining('host host-b has no open session') }]);
  });

  test('a deadline that is over: nothing is decided', async () => {
    const { items } = reply(await call(REGISTER, registerJson({}, { deadlineUnixMs: '1' }), 'application/json'));
    expect(items).toMatchObject([{ settlement: 'not_appended' }]);
  });
});

describe('calls that are wrong as a whole', () => {
  test.each([
    ['a content type nobody speaks', () => registerJson(), 'text/xml', -22, /content type "text\/xml"/],
    ['JSON that is cut off', () => registerJson().slice(0, 40), 'application/json', -22, /not a RegisterRequest in JSON/],
    ['an unknown JSON field', () => registerJson({}, { hostname: 'x' }), 'application/json', -22, /hostname/],
    ['an unknown enum name', () => registerJson({ callbacks: ['CALLBACK_FLY'] }), 'application/json', -22, /callbacks/],
    ['no items', () => registerJson({}, { items: [] }), 'application/json', -22, /items/],
    ['a session name that is none', () => registerJson({}, { session: 'a.b' }), 'application/json', -22, /session name/],
    ['1 MB of nothing', () => new Uint8Array(1_000_000), undefined, -90, /1000000 bytes/],
    ['bytes that are no protobuf', () => new Uint8Array([255, 255, 255]), undefined, -22, /not a .*RegisterRequest in protobuf/],
    ['JSON that is not UTF-8', () => Buffer.concat([Buffer.from('{"session":"'), Buffer.from([0xff]), Buffer.from('"}')]), 'application/json', -22, /JSON/],
  ] as const)('%s', async (_what, payload, contentType, errno, sentence) => {
    expectFailure(reply(await call(REGISTER, payload(), contentType)).failure, errno, sentence);
  });

  test('2,049 items', async () => {
    const item = (index: number) => ({ participantId: `c${index}`, token: `t${index}`, requestId: `r${index}`, callbacks: [] });
    const payload = registerJson({}, { items: Array.from({ length: 2_049 }, (_, index) => item(index)) });
    expectFailure(reply(await call(REGISTER, payload, 'application/json')).failure, -90, /2048/);
  });

  test('protobuf cut at every length is refused, or is a shorter message that is refused', async () => {
    const whole = encodeRegisterRequest({ session: 'unknown', deadlineMs: Date.now() + 5_000, items: [{ participantId: 'c1', token: TOKEN, requestId: 'r1', callbacks: callbackSet('consumer', CALLBACKS.consumer) }] });
    for (let length = 0; length < whole.length; length++) {
      const { items, failure } = reply(await call(REGISTER, whole.subarray(0, length)));
      expect({ length, errno: failure?.errno ?? items[0]!.result }).toEqual({ length, errno: expect.any(Number) });
      expect(failure?.errno ?? items[0]!.result).toBeLessThan(0);
    }
  });

  test('a token that is not UTF-8', async () => {
    const good = encodeRegisterRequest({ session, deadlineMs: Date.now() + 5_000, items: [{ participantId: 'c1', token: 'abc', requestId: 'r1', callbacks: callbackSet('consumer', CALLBACKS.consumer) }] });
    const bad = Uint8Array.from(good);
    bad[Buffer.from(good).indexOf('abc')] = 0xff;
    expectFailure(reply(await call(REGISTER, bad)).failure, -22, /UTF-8|utf-8|encoded data/);
  });
});

describe('the other calls', () => {
  test('list: a limit out of range', async () => {
    const message = await call(registrySubject('producer', 'list', HOST), JSON.stringify({ limit: 1_001 }), 'application/json');
    expectFailure(decodeListReply(message.data, 'application/json').failure, -22, /limit is 1001/);
  });

  test('invoke: bytes that are no protobuf', async () => {
    const message = await call('irqmesh.rpc.producer.invoke', new Uint8Array([7, 7, 7]));
    expectFailure(decodeInvokeReply(message.data, 'application/protobuf').failure, -22, /InvokeRequest/);
  });

  test('the matcher: a partition that is none, and a token of another partition', async () => {
    const state = await call(matcherSubject(999, 'state'), '{}', 'application/json');
    expectFailure(decodeMatcherStateReply(state.data, 'application/json').failure, -22, /no partition 999/);
    const other = (partitionOf(TOKEN, 16) + 1) % 16;
    const explained = await call(matcherSubject(other, 'explain'), JSON.stringify({ token: TOKEN }), 'application/json');
    expectFailure(decodeExplainReply(explained.data, 'application/json').failure, -22, /is of partition/);
  });
});
