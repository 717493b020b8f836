import { beforeEach, describe, expect, test } from '@jest/globals';
import { Errno } from '@irqmesh/domain';
import type { Callback } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import { CallLog } from '../test-support/agent-fixture.ts';
import { consumerOf, producerOf, settledIn, TestHost, TTL_MS } from '../test-support/client-fixture.ts';
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

describe('sessions', () => {
  async function loseSession(): Promise<string> {
    const lost = one.client.session!;
    one.bucket.broken = true;
    await clock.advance(5_000);
    return lost;
  }

  test('rule 4: a session that cannot be renewed is lost, and its pairs are torn down before anyone may expire it', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    await settled(one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }));
    log.take();
    await loseSession();
    expect(log.lines).toEqual(['P stop', 'P del_consumer', 'P start']);
    expect(one.told.slice(1)).toEqual(['sessionLost not_renewed', 'registrationLost producer P restoring']);
    expect(one.bucket.keys()).toHaveLength(1); // the lease as such has not run out yet
  });

  test('what was registered is registered again under the next one, which names the one it replaces', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    const connecting = one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 });
    await settled(connecting);
    const registration = await connecting;
    const lost = await loseSession();
    expect(registration.registered).toBe(false);
    mesh.expire('one', lost);
    one.bucket.broken = false;
    log.take();
    await clock.advance(5_000);
    expect(one.told.slice(3)).toEqual([`sessionOpened ${lost}`, 'registrationRestored producer P']);
    expect(registration.registered).toBe(true);
    expect(registration.participant.session).toBe(one.client.session);
    expect(log.lines.filter((line) => line.startsWith('P '))).toEqual(P_CONNECT.map((name) => `P ${name}`));
    await settled(registration.unregister());
    expect(mesh.registrations()).toEqual(['consumer C t']);
  });

  test('a callback that hangs keeps only its own registration from being restored', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    log.script('P', 'start', { takesMs: 600_000 });
    void one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }).catch(() => {});
    await settled(one.client.registerProducer({ id: 'Q', token: 'other', irq: 2 }));
    await clock.advance(100);
    mesh.expire('one', await loseSession());
    one.bucket.broken = false;
    await clock.advance(TTL_MS + 5_000);
    expect(one.told.filter((line) => line.startsWith('registration'))).toEqual([
      'registrationLost producer P restoring', 'registrationLost producer Q restoring', 'registrationRestored producer Q',
    ]);
  });

  test('what cannot be registered again is lost for good', async () => {
    const registration = await one.client.registerProducer({ id: 'P', token: 't', irq: 1 });
    mesh.expire('one', await loseSession());
    await two.client.registerProducer({ token: 't', irq: 2 });
    one.bucket.broken = false;
    await clock.advance(5_000);
    expect(one.told.at(-1)).toBe('registrationLost producer P for good');
    expect(registration.registered).toBe(false);
  });

  test('what is unregistered meanwhile is not registered again', async () => {
    const registration = await one.client.registerProducer({ id: 'P', token: 't', irq: 1 });
    mesh.expire('one', await loseSession());
    await settled(registration.unregister());
    one.bucket.broken = false;
    await clock.advance(10_000);
    expect(mesh.registrations()).toEqual([]);
    expect(one.caller.verbs()).toEqual(['register']);
  });

  test('a loss while it is registered again does no harm', async () => {
    await one.client.registerProducer({ id: 'P', token: 't', irq: 1 });
    mesh.expire('one', await loseSession());
    one.caller.script.register.push('lose_request', 'lose_request');
    one.bucket.broken = false;
    await clock.advance(1_000);
    mesh.expire('one', await loseSession());
    one.bucket.broken = false;
    await clock.advance(20_000);
    expect(one.told.filter((line) => line.startsWith('registration'))).toEqual(['registrationLost producer P restoring', 'registrationRestored producer P']);
    expect(mesh.registrations()).toEqual(['producer P t']);
  });

  test('a register under way when the session is lost is -ENODEV', async () => {
    one.caller.script.register.push('lose_request', 'lose_request');
    const registering = one.client.registerProducer({ id: 'P', token: 't', irq: 1 });
    await clock.advance(100);
    one.bucket.broken = true;
    expect(await settled(registering)).toBe(Errno.ENODEV);
  });

  test('a register while there is no session waits for the next one', async () => {
    await loseSession();
    const registering = one.client.registerProducer({ id: 'P', token: 't', irq: 1 });
    await clock.advance(3_000);
    one.bucket.broken = false;
    expect(await settled(registering)).toMatchObject({ registered: true });
  });

  test('an unregister under way when the session is lost resolves after the teardown', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    const connecting = one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 });
    await settled(connecting);
    log.take();
    one.caller.script.unregister.push('lose_request', 'lose_request');
    const unregistering = (await connecting).unregister().then(() => log.lines.at(-1));
    one.bucket.broken = true;
    expect(await settled(unregistering)).toBe('P start');
    expect(one.told).not.toContain('registrationLost producer P restoring');
  });

  test('without autoReopen a loss is for good', async () => {
    const client = await TestHost.start('three', clock, mesh, { autoReopen: false });
    await client.client.registerProducer({ id: 'P', token: 't', irq: 1 });
    client.bucket.broken = true;
    await clock.advance(5_000);
    client.bucket.broken = false;
    await clock.advance(10_000);
    expect(client.told.slice(1)).toEqual(['sessionLost not_renewed', 'registrationLost producer P for good']);
    await expect(client.client.registerProducer({ token: 't2', irq: 1 })).rejects.toMatchObject({ errno: Errno.ENODEV });
  });

  test('a callback that hangs keeps the next session waiting for no longer than the lost one could last', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    log.script('P', 'start', { takesMs: 60_000 });
    void one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }).catch(() => {});
    await clock.advance(100);
    const lost = await loseSession();
    one.bucket.broken = false;
    await clock.advance(TTL_MS - 2_000);
    expect(one.client.session).toBeUndefined();
    await clock.advance(2_000);
    expect(one.told.at(-1)).toBe(`sessionOpened ${lost}`);
  });
});

describe('close', () => {
  test('unregisters everything and ends the session; no timer is left', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    await settled(one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }));
    await settled(one.client.close());
    expect(one.bucket.keys()).toEqual([]);
    expect(log.lines.slice(6)).toEqual(['P stop', 'C stop', 'C del_producer', 'P del_consumer', 'C start', 'P start']);
    await settled(two.client.close());
    expect(mesh.registrations()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
    expect(() => one.client.producer({})).toThrow(/-19 \(ENODEV\)/);
  });

  test('is bounded: what cannot be unregistered is torn down, and the session ended', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    await settled(one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }));
    log.take();
    one.caller.script.unregister.push(...Array.from({ length: 8 }, () => 'lose_request' as const));
    const startedMs = clock.monotonicMs();
    await settled(one.client.close());
    expect(clock.monotonicMs() - startedMs).toBeLessThanOrEqual(5_000);
    expect(log.lines).toEqual(['P stop', 'P del_consumer', 'P start']);
    expect(one.bucket.keys()).toEqual([]);
  });

  test('is bounded even if a callback hangs; then the session runs out', async () => {
    await two.client.registerConsumer({ ...consumerCallbacks('C'), token: 't' });
    log.script('P', 'start', { takesMs: 60_000 });
    void one.client.registerProducer({ ...producerCallbacks('P'), token: 't', irq: 1 }).catch(() => {});
    await clock.advance(100);
    const startedMs = clock.monotonicMs();
    await settled(one.client.close());
    expect(clock.monotonicMs() - startedMs).toBeLessThanOrEqual(5_000);
    await clock.advance(TTL_MS);
    expect(one.bucket.keys()).toEqual([]);
  });
});
