import { beforeEach, describe, expect, test } from '@jest/globals';
import { BusyError, Errno } from '@irqmesh/domain';
import type { Callback } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import { CallLog } from '../test-support/agent-fixture.ts';
import { consumerOf, producerOf, settledIn, TestHost } from '../test-support/client-fixture.ts';
import { MiniMesh } from '../test-support/mini-mesh.ts';

let clock: ManualClock;
let mesh: MiniMesh;
let log: CallLog;
let one: TestHost;
let two: TestHost;

beforeEach(async () => {
  clock = new ManualClock();
  mesh = new MiniMesh(clock);
  log = new CallLog(clock);
  one = await TestHost.start('one', clock, mesh);
  two = await TestHost.start('two', clock, mesh);
});

const producerCallbacks = (id: string) => producerOf(log, id);
const consumerCallbacks = (id: string) => consumerOf(log, id);
const settled = <T>(promise: Promise<T>) => settledIn(clock, promise);

const P_CONNECT: Callback[] = ['stop', 'add_consumer', 'start'];

describe('the kernel\'s API', () => {
  test('connects a producer and a consumer of two hosts, in order', async () => {
    await one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 32 });
    await settled(two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' }));
    expect(log.lines).toEqual(['P stop', 'C stop', 'P add_consumer', 'C add_producer', 'C start', 'P start']);
    expect(log.peers.at(1)).toMatchObject({ participant: { host: 'one', id: 'P' }, irq: 32, token: 't' });
    expect(log.peers.at(0)).toMatchObject({ participant: { host: 'two', id: 'C' }, irq: undefined });
  });

  test('disconnects in order, and the other side stays registered', async () => {
    const producer = await one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 32 });
    await settled(two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' }));
    log.take();
    expect(producer.registered).toBe(true);
    await settled(producer.unregister());
    expect(log.lines).toEqual(['P stop', 'C stop', 'C del_producer', 'P del_consumer', 'C start', 'P start']);
    expect(producer.registered).toBe(false);
    expect(mesh.registrations()).toEqual(['consumer C t']);
  });

  test('passes a driver\'s own number on unchanged; the newcomer is not registered', async () => {
    await one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 32 });
    log.script('C', 'add_producer', 66311);
    const consumer = two.client.consumer(consumerCallbacks('C'));
    expect(await settled(consumer.register('t'))).toBe(66311);
    expect(consumer.registered).toBe(false);
    log.take();
    await settled(consumer.unregister());
    expect(log.lines).toEqual([]);
    expect(mesh.registrations()).toEqual(['producer P t']);
  });

  test('a token that is taken is -EBUSY', async () => {
    await one.client.registerProducer({ token: 't', irq: 1 });
    await expect(two.client.registerProducer({ token: 't', irq: 2 })).rejects.toMatchObject({ errno: Errno.EBUSY, code: 'EBUSY' });
  });

  test('a consumer without its connecting callbacks is -EINVAL', async () => {
    await expect(two.client.consumer({ id: 'C' }).register('t')).rejects.toMatchObject({ errno: Errno.EINVAL });
  });

  test('records the irq right after the check for a double registration, whatever comes later', async () => {
    await two.client.registerProducer({ token: 'taken', irq: 1 });
    const producer = one.client.producer({ id: 'P' });
    expect(producer.irq).toBe(0);
    await expect(producer.register('taken', 7)).rejects.toMatchObject({ errno: Errno.EBUSY });
    expect(producer.irq).toBe(7);
    await producer.register('t', 8);
    await expect(producer.register('t2', 9)).rejects.toMatchObject({ errno: Errno.EINVAL });
    expect(producer.irq).toBe(8);
  });

  test('a participant can be registered again under another token', async () => {
    const producer = one.client.producer({ id: 'P' });
    await producer.register('t1', 1);
    await producer.unregister();
    await producer.register('t2', 2);
    expect(mesh.registrations()).toEqual(['producer P t2']);
  });

  test('unregistering one that is not registered does nothing', async () => {
    await one.client.producer({ id: 'P' }).unregister();
    expect(one.caller.sent).toEqual([]);
  });

  test('a registration that has ended leaves a later one of its participant alone', async () => {
    const producer = one.client.producer({ id: 'P' });
    const first = await producer.register('t', 1);
    await first.unregister();
    await producer.register('t', 2);
    await first.unregister();
    expect(mesh.registrations()).toEqual(['producer P t']);
  });

  test.each([
    ['an empty token', { token: '', irq: 1 }],
    ['an over-long token', { token: 'x'.repeat(129), irq: 1 }],
    ['a token that is no UTF-8', { token: '\ud800', irq: 1 }],
    ['a negative irq', { token: 't', irq: -1 }],
    ['a fractional irq', { token: 't', irq: 1.5 }],
    ['a deadline that is too long', { token: 't', irq: 1, callbackDeadlineMs: 5_501 }],
    ['a deadline of nothing', { token: 't', irq: 1, callbackDeadlineMs: 0 }],
    ['an id with a space', { token: 't', irq: 1, id: 'a b' }],
    ['a group with half of what it takes', { token: 't', irq: 1, quiesceGroup: 'vm', stop: () => {} }],
    ['a callback that is none', { token: 't', irq: 1, start: 'start' as never }],
  ])('refuses %s with -EINVAL, and sends nothing', async (_what, options) => {
    await expect(one.client.registerProducer(options)).rejects.toMatchObject({ errno: Errno.EINVAL });
    expect(one.caller.sent).toEqual([]);
  });
});

describe('rule 5: one registration and one command per participant', () => {
  test('rule 5: a second registration is -EINVAL, with a warning, and nothing is sent', async () => {
    const producer = one.client.producer({ id: 'P' });
    await producer.register('t', 1);
    await expect(producer.register('t', 1)).rejects.toMatchObject({ errno: Errno.EINVAL });
    await expect(one.client.registerProducer({ id: 'P', token: 'other', irq: 1 })).rejects.toMatchObject({ errno: Errno.EINVAL });
    expect(one.told).toContain('warning producer P');
    expect(one.warnings).toHaveLength(2);
    expect(one.caller.verbs()).toEqual(['register']);
  });

  test('rule 5: an unregister waits until the outcome of its register is known', async () => {
    one.caller.script.register.push('lose_reply');
    const producer = one.client.producer({ id: 'P' });
    const registering = producer.register('t', 1);
    const unregistering = producer.unregister();
    await settled(registering);
    await settled(unregistering);
    expect(one.caller.verbs()).toEqual(['register', 'register', 'unregister']);
    expect(mesh.registrations()).toEqual([]);
  });

  test('rule 5: commands that were asked for in one go run in that order', async () => {
    const producer = one.client.producer({ id: 'P' });
    const results: Promise<unknown>[] = [producer.register('t', 1), producer.register('t', 2), producer.unregister(), producer.register('t', 3)];
    const outcomes = await Promise.all(results.map((result) => settled(result)));
    expect(outcomes[1]).toBe(Errno.EINVAL);
    expect(producer.irq).toBe(3);
    expect(producer.registered).toBe(true);
  });

  test('rule 1: the next registration waits for a callback of the last that overran its deadline', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    log.script('P', 'add_consumer', { takesMs: 8_000 });
    const { id, addConsumer, delConsumer } = producerCallbacks('P');
    const producer = one.client.producer({ id, addConsumer, delConsumer });
    expect(await settled(producer.register('t', 1))).toBe(Errno.ETIMEDOUT);
    await settled(producer.register('t', 1));
    const own = log.lines.filter((line) => line.startsWith('P '));
    expect(own).toEqual(['P add_consumer', 'P add_consumer returned', 'P del_consumer', 'P add_consumer']);
  });

  test('unregistering one that is not registered waits for such a callback', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    log.script('P', 'add_consumer', { takesMs: 8_000 });
    const { id, addConsumer, delConsumer } = producerCallbacks('P');
    const producer = one.client.producer({ id, addConsumer, delConsumer });
    expect(await settled(producer.register('t', 1))).toBe(Errno.ETIMEDOUT);
    await settled(producer.unregister());
    expect(log.lines.at(-1)).toBe('P del_consumer');
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(8_000);
  });
});

describe('requests that are not answered', () => {
  test('rule 11: a request is repeated under its id, and carried out once', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    one.caller.script.register.push('lose_reply', 'lose_request');
    await settled(one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }));
    expect(new Set(one.caller.sent.flatMap(({ requestIds }) => requestIds)).size).toBe(1);
    expect(one.caller.sent).toHaveLength(3);
    expect(log.lines.filter((line) => line.startsWith('P '))).toEqual(P_CONNECT.map((name) => `P ${name}`));
  });

  test('rule 10: one that is pending is asked about, not sent again', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    for (const [id, callback] of [['P', 'stop'], ['C', 'stop'], ['P', 'add_consumer']] as const) log.script(id, callback, { takesMs: 3_000 });
    await settled(one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }));
    expect(one.caller.verbs()).toEqual(['register', 'result']);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(9_000);
  });

  test('rule 10: a refusal is not reported while an earlier attempt may still be carried out', async () => {
    const holder = await two.client.registerProducer({ token: 't', irq: 1 });
    // The first attempt arrives 3 s late; until then the token is taken, then free.
    one.caller.script.register.push({ copyAfterMs: 3_000 });
    const registering = one.client.registerProducer({ id: 'P', token: 't', irq: 2 });
    await clock.advance(1_000);
    await holder.unregister();
    const registration = await settled(registering);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(5_000);
    expect(registration).toMatchObject({ registered: true });
    expect(mesh.registrations()).toEqual(['producer P t']);
  });

  test('rule 10: a refusal that stands is reported when no earlier attempt can be carried out any more', async () => {
    await two.client.registerProducer({ token: 't', irq: 1 });
    one.caller.script.register.push({ copyAfterMs: 3_000 });
    expect(await settled(one.client.registerProducer({ id: 'P', token: 't', irq: 2 }))).toBe(Errno.EBUSY);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(5_000);
  });

  test('rule 10: a refusal of the first attempt is reported at once', async () => {
    await two.client.registerProducer({ token: 't', irq: 1 });
    expect(await settled(one.client.registerProducer({ id: 'P', token: 't', irq: 2 }))).toBe(Errno.EBUSY);
    expect(clock.monotonicMs()).toBeLessThan(100);
  });

  test('rule 10: so does the next registration wait, lest a late copy register the participant behind everybody\'s back', async () => {
    const producer = one.client.producer({ id: 'P' });
    one.caller.script.register.push({ copyAfterMs: 4_000 });
    await settled(producer.register('t1', 1));
    await settled(producer.unregister());
    await settled(producer.register('t2', 2));
    expect(one.caller.sent.at(-1)!.atMs).toBeGreaterThanOrEqual(5_000);
    await settled(producer.unregister());
    await clock.advance(10_000);
    expect(mesh.registrations()).toEqual([]);
  });

  test('rule 11: an unregister names its register, and its late copy hits no later registration', async () => {
    const producer = one.client.producer({ id: 'P' });
    await producer.register('t', 1);
    one.caller.script.unregister.push({ copyAfterMs: 4_000 });
    await settled(producer.unregister());
    await settled(producer.register('t', 2));
    await clock.advance(10_000);
    expect(mesh.registrations()).toEqual(['producer P t']);
  });

  test('without a registry it is tried again until one is there', async () => {
    one.caller.script.register.push('nobody', 'nobody', 'nobody');
    await settled(one.client.registerProducer({ token: 't', irq: 1 }));
    expect(one.caller.sent).toHaveLength(4);
    expect(clock.monotonicMs()).toBeLessThan(1_000);
  });

  test('a register that takes too long is -ETIMEDOUT, says why, and is undone once its outcome is known', async () => {
    one.caller.script.register.push('lose_reply', ...Array.from({ length: 5 }, () => 'lose_request' as const));
    const producer = one.client.producer({ id: 'P' });
    let message = '';
    const registering = producer.register('t', 1).catch((error: Error) => {
      message = error.message;
      throw error;
    });
    expect(await settled(registering)).toBe(Errno.ETIMEDOUT);
    expect(message).toContain('took longer than 30000 ms: the registry does not answer');
    expect(mesh.registrations()).toEqual(['producer P t']);
    await clock.advance(20_000);
    expect(mesh.registrations()).toEqual([]);
    expect(await settled(producer.register('t', 1))).toMatchObject({ registered: true });
  });

  test('an unregister that takes too long is -ETIMEDOUT; the registration stands and it may be tried again', async () => {
    const producer = one.client.producer({ id: 'P' });
    await producer.register('t', 1);
    one.caller.script.unregister.push(...Array.from({ length: 8 }, () => 'lose_request' as const));
    expect(await settled(producer.unregister())).toBe(Errno.ETIMEDOUT);
    expect(producer.registered).toBe(true);
    one.caller.script.unregister.length = 0;
    await settled(producer.unregister());
    expect(mesh.registrations()).toEqual([]);
  });
});

describe('batches', () => {
  test('many are sent in few requests, each with its own result', async () => {
    await two.client.registerProducer({ token: 'v7', irq: 1 });
    const items = Array.from({ length: 1_000 }, (_, irq) => ({ id: `P${irq}`, token: `v${irq}`, irq }));
    const results = await one.client.registerProducers(items);
    expect(results.filter(({ ok }) => ok !== undefined)).toHaveLength(999);
    expect(results[7]!.error).toMatchObject({ errno: Errno.EBUSY });
    expect(one.caller.sent.map(({ requestIds }) => requestIds.length)).toEqual([512, 488]);
  });

  test('one bad item does not spoil the others', async () => {
    const results = await one.client.registerProducers([{ token: '', irq: 1 }, { token: 't', irq: 2 }]);
    expect(results.map(({ error }) => error?.errno)).toEqual([Errno.EINVAL, undefined]);
  });

  test('one that waits for a slow callback holds the next back for a moment only', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 'slow' });
    log.script('C', 'stop', { takesMs: 4_000 });
    const slow = one.client.registerProducer({ token: 'slow', irq: 1 });
    await clock.advance(1);
    await settled(one.client.registerProducer({ token: 'quick', irq: 2 }));
    expect(clock.monotonicMs()).toBeLessThan(100);
    expect(await settled(slow)).toMatchObject({ registered: true });
  });
});

test('a registry that is busy is asked again after as long as it says, and not before', async () => {
  const { register } = one.caller;
  const sentMs: number[] = [];
  const busy: typeof register = async (_side, batch) => ({
    items: batch.items.map(({ requestId }) => ({ requestId, settlement: 'not_appended', result: Errno.EAGAIN, message: 'too much', warning: false, retryAfterMs: 2_000 })),
  });
  const answers = [busy, async () => ({ items: [], failure: new BusyError('too many calls', 3_000) }), register];
  Object.assign(one.caller, { register: ((...args) => (sentMs.push(clock.monotonicMs()), answers.shift()!(...args))) as typeof register });
  expect(await settled(one.client.registerProducer({ id: 'P', token: 't', irq: 1 }))).toMatchObject({ registered: true });
  expect(sentMs).toHaveLength(3);
  expect(sentMs[1]! - sentMs[0]!).toBeGreaterThanOrEqual(2_000);
  expect(sentMs[1]! - sentMs[0]!).toBeLessThanOrEqual(3_000);
  expect(sentMs[2]! - sentMs[1]!).toBeGreaterThanOrEqual(3_000);
});

test('a registry that stays busy is a timeout that says so', async () => {
  const { register } = one.caller;
  Object.assign(one.caller, { register: (async () => ({ items: [], failure: new BusyError('too many calls are under way', 500) })) as typeof register });
  const told = one.client.registerProducer({ id: 'P', token: 't', irq: 1 }).catch((error: unknown) => error);
  await clock.advance(31_000);
  expect(await told).toMatchObject({ errno: Errno.ETIMEDOUT, message: expect.stringContaining('the registry is busy: too many calls are under way') });
});

test('what its caller has given up on is not sent again: a registry that was behind is not kept behind', async () => {
  const { register } = one.caller;
  let sent = 0;
  Object.assign(one.caller, { register: (async () => (sent++, { items: [], failure: new BusyError('too many calls', 500) })) as typeof register });
  const told = one.client.registerProducer({ id: 'P', token: 't', irq: 1 }).catch((error: unknown) => error);
  await clock.advance(31_000);
  expect(await told).toMatchObject({ errno: Errno.ETIMEDOUT });
  const sentBefore = sent;
  Object.assign(one.caller, { register });
  await clock.advance(60_000);
  expect(sent).toBe(sentBefore);
  expect(one.caller.sent.filter(({ verb }) => verb !== 'unregister')).toEqual([]);
  expect(mesh.registrations()).toEqual([]);
  // And the participant is free again.
  expect(await settled(one.client.registerProducer({ id: 'P', token: 't', irq: 1 }))).toMatchObject({ registered: true });
});

test('a registry that does not know the open session is asked on: whoever told it did not know it yet', async () => {
  const { register } = one.caller;
  let refusals = 3;
  const refused: typeof register = async (_side, batch) => ({
    items: batch.items.map(({ requestId }) => ({ requestId, settlement: 'settled', result: Errno.ENODEV, message: 'no such session', warning: false })),
  });
  Object.assign(one.caller, { register: ((side, batch, timeoutMs) => (refusals-- > 0 ? refused : register)(side, batch, timeoutMs)) as typeof register });
  expect(await settled(one.client.registerProducer({ id: 'P', token: 't', irq: 1 }))).toMatchObject({ registered: true });
});

test('a registry that says "registered already" is asked on: what it saw is a late copy, and disowned soon', async () => {
  const { register } = one.caller;
  let refusals = 3;
  const refused: typeof register = async (_side, batch) => ({
    items: batch.items.map(({ requestId }) => ({ requestId, settlement: 'settled', result: Errno.EINVAL, message: 'registered already', warning: true })),
  });
  Object.assign(one.caller, { register: ((side, batch, timeoutMs) => (refusals-- > 0 ? refused : register)(side, batch, timeoutMs)) as typeof register });
  expect(await settled(one.client.registerProducer({ id: 'P', token: 't', irq: 1 }))).toMatchObject({ registered: true });
  expect(refusals).toBeLessThan(0);
});

test('rule 12: a registration is held from before its request is sent until its unregister is settled', async () => {
  const held: string[] = [];
  const look = (): void => void held.push(JSON.stringify([...heldBy(one)]));
  const { register, unregister } = one.caller;
  Object.assign(one.caller, {
    register: (...args: Parameters<typeof register>) => (look(), register(...args)),
    unregister: (...args: Parameters<typeof unregister>) => (look(), unregister(...args)),
  });
  const registration = await one.client.registerProducer({ id: 'P', token: 't', irq: 1 });
  await registration.unregister();
  look();
  expect(held).toEqual(['["1.onex2"]', '["1.onex2"]', '[]']);
});

/** What the agent of a host answers when it is asked for its holdings. */
function heldBy(host: TestHost): readonly string[] {
  return mesh.holdings(host.client.host, host.client.session!).producerRequestIds;
}

test('a callback that throws is -EIO, is logged, and is told', async () => {
  await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
  log.script('P', 'add_consumer', new Error('broken'));
  expect(await settled(one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }))).toBe(Errno.EIO);
  expect(one.told).toContain('callbackError producer P');
  expect(one.warnings).toEqual(['add_consumer of the producer failed']);
});
