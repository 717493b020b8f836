import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CallbackRun } from '@irqmesh/domain';
import { encodeInvokeRequest } from '@irqmesh/protocol';
import { HOST, RegistryWorld } from '../testing/registry-world.ts';

const TOKEN = 'host-a/boot-1/eventfd-42';
const NO_RUNS: readonly CallbackRun[] = [];

let world: RegistryWorld;

beforeEach(async () => {
  world = new RegistryWorld();
  await world.renew('s1');
});

afterEach(async () => {
  await world.close();
  await world.clock.advance(60_000);
  // Every timer was cleared: nothing of the registries is left on the clock.
  expect(world.clock.pendingTimers).toBe(0);
});

describe('register and unregister', () => {
  test('a registration without a partner is settled by the fold alone', async () => {
    const registry = await world.start('producer');
    expect((await registry.register('p1', TOKEN)).outcome).toMatchObject({ settlement: 'settled', result: 0, sequence: 1 });
  });

  test('the second producer of a token is refused with -EBUSY and the holder\'s sequence, and a note is left', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN);
    expect((await registry.register('p2', TOKEN)).outcome).toMatchObject({ settlement: 'settled', result: -16, holderSequence: 1 });
    expect((await registry.register('p2', TOKEN, { requestId: 'again' })).outcome).toMatchObject({ result: -16 });
    await world.clock.advance(1_000);
    const note = (await world.events(TOKEN)).at(-1)!.body;
    expect(note).toMatchObject({ type: 'RegistrationRefused', result: -16, holderSequence: 1, count: 2 });
  });

  test('a participant that is registered is refused with -EINVAL and a warning, whatever the token', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN);
    expect((await registry.register('p1', 'other', { requestId: 'r2' })).outcome).toMatchObject({ result: -22, warning: true, holderSequence: 1 });
  });

  test('a token beyond the limit is refused with -ENOMEM, -EBUSY goes first', async () => {
    const registry = await world.start('producer', { maxTokens: 1 });
    await registry.register('p1', TOKEN);
    expect((await registry.register('p2', 'other')).outcome).toMatchObject({ result: -12 });
    expect((await registry.register('p3', TOKEN)).outcome).toMatchObject({ result: -16 });
  });

  test('a registration beyond the limit of its session is refused with -ENOMEM; another session has room', async () => {
    const registry = await world.start('producer', { maxRegistrationsPerSession: 1 });
    await world.renew('s2');
    await registry.register('p1', TOKEN);
    expect((await registry.register('p2', 'other')).outcome).toMatchObject({ result: -12 });
    expect((await registry.register('p3', 'other', { session: 's2' })).outcome).toMatchObject({ result: 0 });
    await registry.unregister('p1', TOKEN);
    expect((await registry.register('p2', 'third', { requestId: 'again' })).outcome).toMatchObject({ result: 0 });
  });

  test('a session beyond the limit may not register: -ENOMEM, until another is over', async () => {
    const registry = await world.start('producer', { maxSessions: 1 });
    await world.renew('s2');
    expect((await registry.register('p1', TOKEN, { session: 's2' })).outcome).toMatchObject({ result: -12, message: expect.stringContaining('another session') });
    await world.expire('s1');
    expect((await registry.register('p1', TOKEN, { session: 's2' })).outcome).toMatchObject({ result: 0 });
  });

  test('while too many operations wait for the matcher a register is asked to come back; an unregister is taken', async () => {
    const [producers, consumers] = [await world.start('producer', { maxOpenOperations: 1 }), await world.start('consumer')];
    await consumers.register('c1', TOKEN);
    const connecting = await producers.register('p1', TOKEN);
    const busy = { settlement: 'not_appended', result: -11, retryAfterMs: 1_000, message: expect.stringContaining('wait for the matcher') };
    expect((await producers.register('p2', 'other')).outcome).toMatchObject(busy);
    expect(await world.types('other')).toEqual([]);
    await consumers.unregister('c1', TOKEN);
    expect(await world.types(TOKEN)).toEqual(['ConsumerRegistered', 'ProducerRegistered', 'ConsumerUnregistered']);
    const outcome = { producerSequence: 2, consumerSequence: 1, runs: NO_RUNS };
    await world.append(TOKEN, { type: 'PairConnected', operationSequence: 2, ...outcome }, 0);
    expect(connecting.outcome).toMatchObject({ result: 0 });
    await world.append(TOKEN, { type: 'PairDisconnected', operationSequence: 3, ...outcome }, 4);
    expect((await producers.register('p2', 'other')).outcome).toMatchObject({ settlement: 'settled', result: 0 });
  });

  test('while too many items are under way one more is asked to come back, whatever it is', async () => {
    const [producers, consumers] = [await world.start('producer', { maxItemsUnderWay: 1 }), await world.start('consumer')];
    await consumers.register('c1', TOKEN);
    const waiting = await producers.register('p1', TOKEN);
    const busy = { settlement: 'not_appended', result: -11, retryAfterMs: 250 };
    expect((await producers.register('p2', 'other')).outcome).toMatchObject(busy);
    expect((await producers.result('p1', TOKEN, 'register-p1')).outcome).toMatchObject(busy);
    await world.append(TOKEN, { type: 'PairConnected', operationSequence: 2, producerSequence: 2, consumerSequence: 1, runs: NO_RUNS }, 0);
    expect(waiting.outcome).toMatchObject({ result: 0 });
    expect((await producers.register('p2', 'other')).outcome).toMatchObject({ result: 0 });
  });

  test('a callback deadline out of range is -EINVAL, an unknown session -ENODEV; nothing is appended', async () => {
    const registry = await world.start('producer');
    expect((await registry.register('p1', TOKEN, { callbackDeadlineMs: 5_501 })).outcome).toMatchObject({ result: -22 });
    expect((await registry.register('p1', TOKEN, { session: 'unknown' })).outcome).toMatchObject({ result: -19 });
    expect(await world.types(TOKEN)).toEqual([]);
  });

  test('two instances decide for one token at once: one appends, the other answers from what it then reads', async () => {
    const [a, b] = [await world.start('producer'), await world.start('producer')];
    const asked = await Promise.all([a.register('p1', TOKEN), b.register('p2', TOKEN)]);
    const results = (await Promise.all(asked.map(({ done }) => done))).map(({ result }) => result);
    expect(new Set(results)).toEqual(new Set([-16, 0]));
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered']);
  });
});

test('an unregister that names another token ends its registration all the same, on the token that it has', async () => {
  const registry = await world.start('producer');
  await registry.register('p1', TOKEN);
  await registry.register('p2', 'other');
  expect(await (await registry.unregister('p1', 'other')).done).toMatchObject({ settlement: 'settled', result: 0 });
  expect(await world.types(TOKEN)).toEqual(['ProducerRegistered', 'ProducerUnregistered']);
  expect(await world.types('other')).toEqual(['ProducerRegistered']);
});

describe('rule 8: refusals are fresh', () => {
  test('-EBUSY is not said from a fold that has not seen the holder leave', async () => {
    const [lagging, other] = [await world.start('producer'), await world.start('producer')];
    await other.register('p1', TOKEN);
    lagging.log.hold();
    await other.unregister('p1', TOKEN);
    const asked = await lagging.register('p2', TOKEN);
    expect(asked.outcome).toBeUndefined();
    lagging.log.release();
    expect(await asked.done).toMatchObject({ settlement: 'settled', result: 0 });
  });

  test('a no-op is not answered from a fold that has not seen the registration', async () => {
    const [lagging, other] = [await world.start('producer'), await world.start('producer')];
    lagging.log.hold();
    await other.register('p1', TOKEN);
    const asked = await lagging.unregister('p1', TOKEN);
    expect(asked.outcome).toBeUndefined();
    lagging.log.release();
    expect(await asked.done).toMatchObject({ settlement: 'settled', result: 0, sequence: 2 });
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered', 'ProducerUnregistered']);
  });
});

describe('a log without a leader', () => {
  test('neither a refusal nor a result is made up: the caller is to ask again', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN);
    registry.log.hasNoLeader = true;
    expect((await registry.register('p2', TOKEN)).outcome).toMatchObject({ settlement: 'not_appended' });
    expect((await registry.result('p1', TOKEN, 'register-p1')).outcome).toMatchObject({ settlement: 'pending' });
  });
});

describe('rule 9: EBUSY waits', () => {
  test('a holder whose own connect is open decides the answer: its failure frees the token', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await consumers.register('c1', TOKEN);
    const first = await producers.register('p1', TOKEN);
    const second = await producers.register('p2', TOKEN);
    expect([first.outcome, second.outcome]).toEqual([undefined, undefined]);
    await world.append(TOKEN, { type: 'ConnectFailed', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: NO_RUNS, newcomer: 'producer', result: -2 }, 0);
    expect(await first.done).toMatchObject({ settlement: 'settled', result: -2 });
    expect(second.outcome).toBeUndefined();
    await world.append(TOKEN, { type: 'PairConnected', producerSequence: 4, consumerSequence: 1, operationSequence: 4, runs: NO_RUNS }, 3);
    expect(await second.done).toMatchObject({ settlement: 'settled', result: 0 });
  });

  test('and its success refuses the second', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await consumers.register('c1', TOKEN);
    await producers.register('p1', TOKEN);
    const second = await producers.register('p2', TOKEN);
    expect(second.outcome).toBeUndefined();
    await world.append(TOKEN, { type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: NO_RUNS }, 0);
    expect(await second.done).toMatchObject({ settlement: 'settled', result: -16 });
  });

  test('a holder whose unregister is in the log counts as gone: the next one is appended at once', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await consumers.register('c1', TOKEN);
    await producers.register('p1', TOKEN);
    await world.append(TOKEN, { type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: NO_RUNS }, 0);
    const leaving = await producers.unregister('p1', TOKEN);
    await producers.register('p2', TOKEN);
    expect(leaving.outcome).toBeUndefined();
    expect(await world.types(TOKEN)).toEqual(['ConsumerRegistered', 'ProducerRegistered', 'PairConnected', 'ProducerUnregistered', 'ProducerRegistered']);
    await world.clock.advance(5_000);
  });

  test('a waiting item of a batch holds no lock: another participant of another token goes through', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await consumers.register('c1', TOKEN);
    await producers.register('p1', TOKEN);
    await producers.register('p2', TOKEN);
    expect((await producers.register('p3', 'other')).outcome).toMatchObject({ result: 0 });
    await world.clock.advance(5_000);
  });
});

describe('rule 10: deadlines', () => {
  test('appended but open at the deadline is PENDING with its sequence; result tells later', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await consumers.register('c1', TOKEN);
    const asked = await producers.register('p1', TOKEN, { timeoutMs: 1_000 });
    await world.clock.advance(1_000);
    expect(asked.outcome).toMatchObject({ settlement: 'pending', sequence: 2 });
    await world.append(TOKEN, { type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: NO_RUNS }, 0);
    expect((await producers.result('p1', TOKEN, 'register-p1')).outcome).toMatchObject({ settlement: 'settled', result: 0 });
  });

  test('not appended by the deadline is NOT_APPENDED, and nothing is appended later', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await consumers.register('c1', TOKEN);
    await producers.register('p1', TOKEN, { timeoutMs: 9_000 });
    const second = await producers.register('p2', TOKEN, { timeoutMs: 1_000 });
    await world.clock.advance(1_000);
    expect(second.outcome).toMatchObject({ settlement: 'not_appended' });
    await world.append(TOKEN, { type: 'ConnectFailed', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: NO_RUNS, newcomer: 'producer', result: -2 }, 0);
    expect(await world.types(TOKEN)).toEqual(['ConsumerRegistered', 'ProducerRegistered', 'ConnectFailed']);
  });

  test('a request that arrives after its deadline is dropped', async () => {
    const registry = await world.start('producer');
    expect((await registry.register('p1', TOKEN, { timeoutMs: -1 })).outcome).toMatchObject({ settlement: 'not_appended' });
    expect(await world.types(TOKEN)).toEqual([]);
  });

  test('result never registers', async () => {
    const registry = await world.start('producer');
    expect((await registry.result('p1', TOKEN, 'register-p1')).outcome).toMatchObject({ settlement: 'not_appended' });
    expect(await world.types(TOKEN)).toEqual([]);
  });

  test('an append whose acknowledgement is lost is PENDING at the deadline, and found by result', async () => {
    const registry = await world.start('producer');
    registry.log.losesAcks = true;
    const asked = await registry.register('p1', TOKEN, { timeoutMs: 1_000 });
    await world.clock.advance(1_100);
    expect(asked.outcome).toMatchObject({ settlement: 'pending' });
    expect((await registry.result('p1', TOKEN, 'register-p1')).outcome).toMatchObject({ settlement: 'settled', result: 0, sequence: 1 });
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered']);
  });
});

describe('rule 11: requests are idempotent', () => {
  test('a repeated register is answered from the first, also by another instance', async () => {
    const [a, b] = [await world.start('producer'), await world.start('producer')];
    await a.register('p1', TOKEN);
    expect((await a.register('p1', TOKEN)).outcome).toMatchObject({ result: 0, sequence: 1 });
    expect((await b.register('p1', TOKEN)).outcome).toMatchObject({ result: 0, sequence: 1 });
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered']);
  });

  test('a delayed copy of an unregister does not hit a later registration', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN);
    await registry.unregister('p1', TOKEN, { requestId: 'u1' });
    await registry.register('p1', TOKEN, { requestId: 'second' });
    expect((await registry.unregister('p1', TOKEN, { requestId: 'u1' })).outcome).toMatchObject({ settlement: 'settled', result: 0 });
    expect((await world.types(TOKEN)).at(-1)).toBe('ProducerRegistered');
  });

  test('a delayed copy of a register whose participant has moved on registers nothing', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN, { requestId: 'first' });
    await registry.unregister('p1', TOKEN, { registrationRequestId: 'first', requestId: 'u1' });
    await registry.register('p1', 'other', { requestId: 'second' });
    await registry.unregister('p1', 'other', { registrationRequestId: 'second', requestId: 'u2' });
    expect((await registry.register('p1', TOKEN, { requestId: 'first' })).outcome).toMatchObject({ settlement: 'settled', result: -116 });
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered', 'ProducerUnregistered']);
  });

  test('a repeated unregister waits for the first one\'s operation', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await consumers.register('c1', TOKEN);
    await producers.register('p1', TOKEN);
    await world.append(TOKEN, { type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: NO_RUNS }, 0);
    const first = await producers.unregister('p1', TOKEN, { requestId: 'u1' });
    const second = await producers.unregister('p1', TOKEN, { requestId: 'u2' });
    expect([first.outcome, second.outcome]).toEqual([undefined, undefined]);
    await world.append(TOKEN, { type: 'PairDisconnected', producerSequence: 2, consumerSequence: 1, operationSequence: 4, runs: NO_RUNS }, 3);
    expect(await first.done).toMatchObject({ result: 0 });
    expect(await second.done).toMatchObject({ result: 0 });
    expect((await world.types(TOKEN)).filter((type) => type === 'ProducerUnregistered')).toHaveLength(1);
  });
});

describe('rule 12: expiry', () => {
  test('a session whose key is gone loses its registrations of both sides', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await producers.register('p1', TOKEN);
    await consumers.register('c1', 'other');
    await world.expire('s1');
    expect((await world.events(TOKEN)).at(-1)!.body).toMatchObject({ type: 'ProducerUnregistered', reason: 'session_expired' });
    expect((await world.events('other')).at(-1)!.body).toMatchObject({ type: 'ConsumerUnregistered', reason: 'session_expired' });
  });

  test('it is appended even behind a queued unregister', async () => {
    const producers = await world.start('producer');
    const consumers = await world.start('consumer');
    await consumers.register('c1', TOKEN);
    await producers.register('p1', TOKEN);
    await world.append(TOKEN, { type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: NO_RUNS }, 0);
    await producers.unregister('p1', TOKEN);
    await world.expire('s1');
    const reasons = (await world.events(TOKEN)).flatMap(({ body }) => (body.type === 'ProducerUnregistered' ? [body.reason] : []));
    expect(reasons).toEqual(['requested', 'session_expired']);
    await world.clock.advance(5_000);
  });

  test('a registration that appears under a dead session is expired too', async () => {
    await world.start('producer');
    const participant = { host: HOST, session: 'dead', id: 'p1' };
    await world.append(TOKEN, { type: 'ProducerRegistered', participant, irq: 1, callbacks: [], deadlineMs: 1_000, requestId: 'late' }, 0);
    await world.clock.settle();
    expect((await world.events(TOKEN)).at(-1)!.body).toMatchObject({ type: 'ProducerUnregistered', reason: 'session_expired' });
  });

  test('what stands under a dead session is expired when a registry starts', async () => {
    const participant = { host: HOST, session: 'dead', id: 'p1' };
    await world.append(TOKEN, { type: 'ProducerRegistered', participant, irq: 1, callbacks: [], deadlineMs: 1_000, requestId: 'old' }, 0);
    await world.start('producer');
    await world.clock.settle();
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered', 'ProducerUnregistered']);
  });

  test('a new session\'s replaces expires the old one before the new one may register', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN);
    await world.renew('s2', { replaces: 's1' });
    expect((await registry.register('p1', TOKEN, { session: 's2', requestId: 'new' })).outcome).toMatchObject({ result: 0 });
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered', 'ProducerUnregistered', 'ProducerRegistered']);
  });

  test('a registration that the agent disowns is removed, one that it holds is not', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN);
    await registry.register('p2', 'other');
    world.agents.held.set('s1', { producer: ['register-p2'], consumer: [] });
    for (let renewal = 0; renewal < 3; renewal++) await world.renew('s1', { held: ['register-p2'] });
    expect((await world.events(TOKEN)).at(-1)!.body).toMatchObject({ type: 'ProducerUnregistered', reason: 'disowned' });
    expect(await world.types('other')).toEqual(['ProducerRegistered']);
  });

  const INVOKE = {
    side: 'producer', token: TOKEN, participant: { host: HOST, session: 's1', id: 'p1' }, registrationSequence: 1, registrationRequestId: 'register-p1',
    operationSequence: 9, steps: ['stop'], rollback: false, peer: { participant: { host: HOST, session: 's1', id: 'c1' }, registrationSequence: 2 },
  } as const;

  test.each([
    ['leaves invokes unanswered', () => undefined],
    ['has a callback that never returns', () => ({ status: 'running', runs: [], message: '' }) as const],
  ])('rule 4: an agent that renews but %s for 60 s is expired, and learns of it last', async (_what, answer) => {
    world.agents.answer = answer;
    const producers = await world.start('producer');
    await producers.register('p1', TOKEN);
    const payload = encodeInvokeRequest([INVOKE]);
    for (let seconds = 0; seconds <= 61; seconds++) {
      await producers.node.rpc.invoke({ subject: 'irqmesh.rpc.producer.invoke', payload, contentType: undefined });
      if (seconds < 60) expect(await world.types(TOKEN)).toEqual(['ProducerRegistered']);
      if ((await world.types(TOKEN)).length === 1) await world.renew('s1', { held: ['register-p1'] });
      await world.clock.advance(1_000);
    }
    expect((await world.events(TOKEN)).at(-1)!.body).toMatchObject({ type: 'ProducerUnregistered', reason: 'session_expired' });
    expect(await world.bucket.get(`session.${HOST}.s1`)).toBeUndefined();
  });

  test('rule 4: a register that was on its way to the log when its session was evicted is expired too', async () => {
    const details = { participant: { host: HOST, session: 's1', id: 'x' }, deadlineMs: 1_000, requestId: 'x' } as const;
    // While its consumer stands, which no registry expires here, the session is not taken away.
    const consumer = await world.append(TOKEN, { type: 'ConsumerRegistered', ...details, callbacks: ['add_producer', 'del_producer'] }, 0);
    await world.start('producer');
    await world.bucket.put(`evict.${HOST}.s1`, 'evict');
    await world.clock.settle();
    await world.append('other', { type: 'ProducerRegistered', ...details, irq: 1, callbacks: [] }, 0);
    await world.clock.advance(1_000);
    expect((await world.events('other')).at(-1)!.body).toMatchObject({ type: 'ProducerUnregistered', reason: 'session_expired' });
    expect(await world.bucket.get(`session.${HOST}.s1`)).toBeDefined();
    await world.append(TOKEN, { type: 'ConsumerUnregistered', participant: details.participant, registrationSequence: consumer, registrationRequestId: 'x', requestId: 'e', reason: 'session_expired' }, consumer);
    await world.clock.advance(1_000);
    expect(await world.bucket.get(`session.${HOST}.s1`)).toBeUndefined();
  });
});
