import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LogUnavailableError } from '@irqmesh/event-log';
import type { InvokeOutcomeMessage } from '@irqmesh/protocol';
import { GatedLog } from '@irqmesh/registry/testing';
import { done, LEASE_TTL_MS, MatcherWorld, run, succeed, TOKEN } from '../testing/matcher-world.ts';
import type { Answer } from '../testing/matcher-world.ts';

let world: MatcherWorld;

beforeEach(() => {
  world = new MatcherWorld();
});

afterEach(async () => {
  await world.close();
  expect(world.clock.pendingTimers).toBe(0);
});

/** An answer that the test gives when it likes. */
function deferred(): { readonly answer: Answer; readonly give: (outcome: InvokeOutcomeMessage) => void } {
  let give: (outcome: InvokeOutcomeMessage) => void = () => {};
  const reply = new Promise<InvokeOutcomeMessage>((resolve) => (give = resolve));
  return { answer: () => reply, give: (outcome) => give(outcome) };
}

describe('driving', () => {
  test('a VFIO producer without callbacks and a KVM consumer with four connect in one call', async () => {
    await world.start('m1');
    await world.registerConsumer();
    await world.registerProducer([]);
    expect(world.calls).toEqual(['consumer stop,add_producer,start']);
    expect(await world.last()).toMatchObject({ type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2 });
  });

  test('the full eight callbacks take five calls', async () => {
    await world.start('m1');
    await world.registerConsumer();
    await world.registerProducer();
    expect(world.calls).toEqual(['producer stop', 'consumer stop', 'producer add_consumer', 'consumer add_producer,start', 'producer start']);
  });

  test('a failing add is undone on the other side and its result is passed on unchanged', async () => {
    world.answer = (item) => (item.steps[0] === 'add_producer' ? done([run('consumer', 'add_producer', 66_311)]) : succeed(item));
    await world.start('m1');
    await world.registerConsumer();
    await world.registerProducer();
    expect(world.calls.slice(3)).toEqual(['consumer add_producer,start', 'producer del_consumer', 'consumer start', 'producer start']);
    expect(await world.last()).toMatchObject({ type: 'ConnectFailed', newcomer: 'producer', result: 66_311 });
  });

  test('a disconnect is driven when a side leaves, and the next operation of the token after it', async () => {
    await world.start('m1');
    await world.registerConsumer();
    const producer = await world.registerProducer([]);
    await world.leave('producer', producer, 'requested');
    expect(await world.last()).toMatchObject({ type: 'PairDisconnected', operationSequence: 4 });
    await world.registerProducer([], 4);
    expect(await world.last()).toMatchObject({ type: 'PairConnected', operationSequence: 6 });
  });

  test('after a crash another matcher folds the log and drives what is open', async () => {
    await world.registerConsumer();
    await world.registerProducer([]);
    expect(world.calls).toEqual([]);
    await world.start('m1');
    expect(await world.last()).toMatchObject({ type: 'PairConnected', operationSequence: 2 });
  });

  test('after a conflict nothing is decided again before the fold has passed it, however long it lags', async () => {
    const lagging = new GatedLog(world.log);
    const hanging = deferred();
    world.answer = hanging.answer;
    await world.start('m1', lagging);
    await world.registerConsumer();
    await world.registerProducer([]);
    lagging.hold();
    await world.append({ type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: [] }, 0);
    hanging.give(done([run('consumer', 'stop'), run('consumer', 'add_producer'), run('consumer', 'start')]));
    await world.clock.advance(9_000);
    expect((await world.events()).filter(({ body }) => body.type === 'PairConnected')).toHaveLength(1);
    lagging.release();
    await world.clock.advance(3_000);
    expect((await world.events()).filter(({ body }) => body.type === 'PairConnected')).toHaveLength(1);
  });

  test('a drive that was stopped in the middle of its append is taken up again when the lease is back', async () => {
    const append = world.log.append.bind(world.log);
    let fail: () => void = () => {};
    world.log.append = (request) => {
      if (request.event.body.type !== 'PairConnected') return append(request);
      return new Promise((_resolve, reject) => (fail = () => reject(new LogUnavailableError('no acknowledgement'))));
    };
    const node = await world.start('m1');
    await world.registerConsumer();
    await world.registerProducer([]);
    const update = world.leases.update.bind(world.leases);
    world.leases.update = () => Promise.reject(new Error('no answer'));
    await world.clock.advance(LEASE_TTL_MS * 0.9);
    world.leases.update = update;
    await world.clock.advance(2 * LEASE_TTL_MS);
    expect(node.leases.partitions()).toHaveLength(16);
    // Nothing else wakes the operation.
    world.log.append = append;
    fail();
    await world.clock.advance(5_000);
    expect(await world.last()).toMatchObject({ type: 'PairConnected' });
  });

  test('no more operations are driven at once than allowed; the others follow as soon as one ends', async () => {
    world.maxDrivenOperations = 2;
    const answers: (() => void)[] = [];
    world.answer = (item) => new Promise((resolve) => answers.push(() => resolve(succeed(item) as InvokeOutcomeMessage)));
    await world.start('m1');
    for (let index = 0; index < 6; index++) await world.openConnect(`token-${index}`);
    expect(answers).toHaveLength(2);
    for (let done = 0; done < 6; done++) {
      answers[done]!();
      await world.clock.settle();
      expect(answers).toHaveLength(Math.min(6, done + 3));
    }
    for (let index = 0; index < 6; index++) expect((await world.events(`token-${index}`)).at(-1)!.body.type).toBe('PairConnected');
  });

  test('an operation that is open for long leaves one note that names the step', async () => {
    world.answer = () => ({ status: 'running', runs: [], message: '' });
    await world.start('m1');
    await world.registerConsumer();
    await world.registerProducer([]);
    await world.clock.advance(12_000);
    const notes = (await world.events()).filter(({ body }) => body.type === 'HandshakeStalled');
    expect(notes.map(({ body }) => body)).toMatchObject([{ operationSequence: 2, waitingFor: 'consumer', step: 'stop, add_producer, start' }]);
  });
});

describe('rule 6: gone means an expiry event in the log, nothing else', () => {
  test('a side that does not answer is asked again, however long; nothing is settled by it', async () => {
    world.answer = () => undefined;
    await world.start('m1');
    await world.registerConsumer();
    await world.registerProducer([]);
    await world.clock.advance(9_000);
    expect(world.calls.length).toBeGreaterThan(3);
    expect((await world.last()).type).toBe('ProducerRegistered');
    world.answer = succeed;
    await world.clock.advance(2_000);
    expect(await world.last()).toMatchObject({ type: 'PairConnected' });
  });

  test('an expiry in the middle of a connect: the reachable side is rolled back, the connect is aborted', async () => {
    const hanging = deferred();
    world.answer = (item) => (item.side === 'producer' && item.steps[0] === 'add_consumer' ? hanging.answer(item) : succeed(item));
    await world.start('m1');
    await world.registerConsumer();
    const producer = await world.registerProducer();
    await world.leave('producer', producer, 'session_expired');
    expect(world.calls.slice(-1)).toEqual(['consumer rollback']);
    const [aborted] = (await world.events()).slice(-1);
    expect(aborted!.body).toMatchObject({ type: 'ConnectAborted', newcomer: 'producer', gone: ['producer'] });
    hanging.give(done([run('producer', 'add_consumer')]));
  });

  test('an outcome that another matcher appends after an expiry is void: the connect is aborted after all', async () => {
    const rollback = deferred();
    const hanging = deferred();
    world.answer = (item) => (item.rollback ? rollback.answer(item) : hanging.answer(item));
    const node = await world.start('m1');
    await world.registerConsumer();
    const producer = await world.registerProducer([]);
    await world.leave('producer', producer, 'session_expired');
    // The other matcher's fold lags: it has not seen the expiry.
    await world.append({ type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: [] }, 0);
    expect(node.follower.fold.token(TOKEN)).toMatchObject({ connected: false, queue: [{ sequence: 2 }, { sequence: 3 }] });
    rollback.give(done([]));
    await world.clock.settle();
    expect(await world.last()).toMatchObject({ type: 'ConnectAborted', gone: ['producer'] });
    expect(node.follower.fold.token(TOKEN)).toMatchObject({ connected: false, queue: [], producer: undefined, consumer: { sequence: 1 } });
    hanging.give(done([]));
  });

  test('both gone: aborted without a call', async () => {
    const consumer = await world.registerConsumer();
    const producer = await world.registerProducer();
    await world.leave('consumer', consumer, 'session_expired');
    await world.leave('producer', producer, 'session_expired');
    await world.start('m1');
    expect(world.calls).toEqual([]);
    expect((await world.events())[4]!.body).toMatchObject({ type: 'ConnectAborted', gone: ['producer', 'consumer'] });
  });

  test('a disconnect skips the callbacks of a side that is gone and records them so', async () => {
    await world.start('m1');
    await world.registerConsumer();
    const producer = await world.registerProducer();
    world.calls.length = 0;
    await world.leave('producer', producer, 'session_expired');
    expect(world.calls).toEqual(['consumer stop,del_producer,start']);
    const body = await world.last();
    expect(body.type === 'PairDisconnected' && body.runs.filter(({ skipped }) => skipped).map(({ side, callback }) => `${side} ${callback}`)).toEqual([
      'producer stop', 'producer del_consumer', 'producer start',
    ]);
  });
});

describe('rule 7: a matcher that loses its lease stops driving and rolls nothing back', () => {
  test('another takes over and asks for the same steps; the first appends nothing', async () => {
    const hanging = deferred();
    world.answer = hanging.answer;
    const first = await world.start('m1');
    await world.registerConsumer();
    await world.registerProducer([]);
    for (let partition = 0; partition < world.log.partitions; partition++) await world.leases.put(`partition.${partition}`, 'stolen');
    await world.clock.advance(LEASE_TTL_MS / 2);
    expect(first.leases.partitions()).toEqual([]);
    world.answer = succeed;
    hanging.give(done([run('consumer', 'stop'), run('consumer', 'add_producer'), run('consumer', 'start')]));
    await world.clock.settle();
    expect((await world.last()).type).toBe('ProducerRegistered');
    expect(world.calls).toEqual(['consumer stop,add_producer,start']);
    // The stolen leases run out; whoever takes them drives on.
    await world.clock.advance(2 * LEASE_TTL_MS);
    expect(world.calls).toEqual(['consumer stop,add_producer,start', 'consumer stop,add_producer,start']);
    expect((await world.last()).type).toBe('PairConnected');
  });

  test('a lease that cannot be renewed is given up before it runs out', async () => {
    const node = await world.start('m1');
    world.leases.update = () => Promise.reject(new Error('no answer'));
    await world.clock.advance(LEASE_TTL_MS * 0.85);
    expect(node.leases.holds(0)).toBe(false);
  });

  test('partitions are shared out, and a matcher that leaves gives its share back', async () => {
    const first = await world.start('m1');
    expect(first.leases.partitions()).toHaveLength(16);
    const second = await world.start('m2');
    await world.clock.advance(LEASE_TTL_MS);
    expect([first.leases.partitions().length, second.leases.partitions().length]).toEqual([8, 8]);
    await world.stop(first);
    await world.clock.advance(LEASE_TTL_MS);
    expect(second.leases.partitions()).toHaveLength(16);
  });
});
