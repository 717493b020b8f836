import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HOST, RegistryWorld } from '../testing/registry-world.ts';

const TOKEN = 'host-a/boot-1/eventfd-42';

let world: RegistryWorld;

beforeEach(async () => {
  world = new RegistryWorld({ replicas: 3 });
  await world.renew('s1');
});

afterEach(async () => {
  await world.close();
  await world.clock.advance(60_000);
  // Every timer was cleared: nothing of the registries is left on the clock.
  expect(world.clock.pendingTimers).toBe(0);
});

describe('on a replicated log, whose leader may have been replaced without knowing it', () => {
  test('rule 8: -EBUSY is said only when the fold has passed a note that was appended for it', async () => {
    const [lagging, other] = [await world.start('producer'), await world.start('producer')];
    await other.register('p1', TOKEN);
    lagging.log.staleLeaderEnd = 1;
    lagging.log.hold();
    await other.unregister('p1', TOKEN);
    const asked = await lagging.register('p2', TOKEN);
    expect(asked.outcome).toBeUndefined();
    lagging.log.release();
    expect(await asked.done).toMatchObject({ settlement: 'settled', result: 0 });
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered', 'ProducerUnregistered', 'RegistrationRefused', 'ProducerRegistered']);
  });

  test('refusals that come together share a note, and each later one has one of its own', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN);
    const asked = await Promise.all(['p2', 'p3', 'p4'].map((id) => registry.register(id, TOKEN)));
    await world.clock.advance(100);
    for (const { done } of asked) expect(await done).toMatchObject({ settlement: 'settled', result: -16 });
    const notes = (await world.types(TOKEN)).filter((type) => type === 'RegistrationRefused').length;
    expect(notes).toBeGreaterThanOrEqual(1);
    expect(notes).toBeLessThanOrEqual(2);
    await world.clock.advance(2_000);
    // What shared a barrier has its own note all the same: it is evidence.
    expect((await world.events(TOKEN)).filter(({ body }) => body.type === 'RegistrationRefused')).toHaveLength(3);
  });

  test('a no-op is answered by a fold that knows the registration which its caller names', async () => {
    const [lagging, other] = [await world.start('producer'), await world.start('producer')];
    lagging.log.staleLeaderEnd = 0;
    lagging.log.hold();
    const registered = await (await other.register('p1', TOKEN)).done;
    const asked = await lagging.unregister('p1', TOKEN, { registrationSequence: registered.sequence! });
    expect(asked.outcome).toBeUndefined();
    lagging.log.release();
    expect(await asked.done).toMatchObject({ settlement: 'settled', result: 0, sequence: 2 });
  });

  test('without an answer from the log nothing is refused', async () => {
    const registry = await world.start('producer');
    await registry.register('p1', TOKEN);
    registry.log.losesAcks = true;
    expect(await (await registry.register('p2', TOKEN)).done).toMatchObject({ settlement: 'not_appended' });
  });

  test('rule 12: a session that a replaced leader does not know yet is not taken for gone', async () => {
    await world.renew('s2');
    const get = world.bucket.get.bind(world.bucket);
    await world.start('producer');
    // The watch lags, and the look-up is answered from before the session was opened.
    world.bucket.get = async (key) => (key.includes('s3') ? undefined : get(key));
    await world.bucket.create(`session.${HOST}.s3`, 'opened, and not told yet');
    const participant = { host: HOST, session: 's3', id: 'p1' };
    await world.append(TOKEN, { type: 'ProducerRegistered', participant, irq: 1, callbacks: [], deadlineMs: 1_000, requestId: 'early' }, 0);
    await world.clock.settle();
    expect(await world.types(TOKEN)).toEqual(['ProducerRegistered']);
  });
});
