import { describe, expect, test } from '@jest/globals';
import { IrqBypassManager } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import { explain } from './explain.ts';

const TOKEN = 'host-a/boot-1/eventfd-42';
const CONSUMER = { add_producer: () => 0, del_producer: () => 0 };

/** Runs a story on the real manager and returns the log it leaves. */
function logOf(story: (manager: IrqBypassManager) => void): LogEvent[] {
  const events: LogEvent[] = [];
  const manager = new IrqBypassManager();
  manager.onEvent = (event) => events.push(event);
  story(manager);
  return events;
}

describe('explain', () => {
  test('a token that nobody named', () => {
    expect(explain(TOKEN, [])).toMatchObject({ connected: false, sentence: `Nothing was ever registered with token "${TOKEN}".`, evidence: [] });
  });

  test('a connected pair names both sides and the event that connected them', () => {
    const events = logOf((manager) => {
      manager.registerConsumer({ id: 'irqfd-1', ...CONSUMER }, TOKEN);
      manager.registerProducer({ id: 'vector-1' }, TOKEN, 56);
    });
    const { connected, sentence, evidence } = explain(TOKEN, events);
    expect(connected).toBe(true);
    expect(sentence).toBe(`Token "${TOKEN}" is connected: producer local/local/vector-1 (irq 56) delivers to consumer local/local/irqfd-1, since event 3.`);
    expect(evidence.map((event) => event.sequence)).toEqual([1, 2, 3]);
  });

  test('one side only, the other never came', () => {
    const events = logOf((manager) => manager.registerConsumer({ id: 'irqfd-1', ...CONSUMER }, TOKEN));
    expect(explain(TOKEN, events).sentence).toBe(`Token "${TOKEN}" has only a consumer, local/local/irqfd-1, since event 1; no producer ever registered with it.`);
  });

  test('a failed connect names the callback and its result, a driver\'s positive number too', () => {
    const events = logOf((manager) => {
      manager.registerConsumer({ id: 'irqfd-1', ...CONSUMER, add_producer: () => 66311 }, TOKEN);
      manager.registerProducer({ id: 'vector-1' }, TOKEN, 56);
    });
    expect(explain(TOKEN, events).sentence).toContain('the producer was refused because add_producer of the consumer returned 66311');
  });

  test('a masked vector: its producer has left', () => {
    const events = logOf((manager) => {
      const producer = { id: 'vector-1' };
      manager.registerConsumer({ id: 'irqfd-1', ...CONSUMER }, TOKEN);
      manager.registerProducer(producer, TOKEN, 56);
      manager.unregisterProducer(producer);
    });
    const { sentence, advice } = explain(TOKEN, events);
    expect(sentence).toContain('the producer local/local/vector-1 unregistered at event 4');
    expect(advice).toContain('masked');
  });

  test('an expired session is named, with what to look at', () => {
    const events = logOf((manager) => {
      manager.registerConsumer({ id: 'irqfd-1', ...CONSUMER }, TOKEN);
      manager.registerProducer({ id: 'vector-1' }, TOKEN, 56);
    });
    const participant = { host: 'local', session: 'local', id: 'vector-1' };
    const expired: LogEvent = {
      sequence: 4, id: '4', token: TOKEN, timeMs: 0, source: 'test',
      body: { type: 'ProducerUnregistered', participant, registrationSequence: 2, registrationRequestId: '2', requestId: 'expiry-2', reason: 'session_expired' },
    };
    expect(explain(TOKEN, [...events, expired]).sentence).toContain('is being disconnected right now (operation 4); the producer has gone');
    const disconnected: LogEvent = {
      sequence: 5, id: '5', token: TOKEN, timeMs: 0, source: 'test',
      body: { type: 'PairDisconnected', producerSequence: 2, consumerSequence: 1, operationSequence: 4, runs: [] },
    };
    expect(explain(TOKEN, [...events, expired, disconnected])).toMatchObject({
      sentence: expect.stringContaining('was removed because session local of host local expired at event 4'),
      advice: expect.stringContaining('agent of host local'),
    });
  });

  test('a stalled handshake names the step that is waited for', () => {
    const events = logOf((manager) => {
      manager.registerConsumer({ id: 'irqfd-1', ...CONSUMER }, TOKEN);
      manager.registerProducer({ id: 'vector-1' }, TOKEN, 56);
    }).slice(0, 2);
    const stalled: LogEvent = {
      sequence: 3, id: '3', token: TOKEN, timeMs: 0, source: 'test',
      body: { type: 'HandshakeStalled', operationSequence: 2, waitingFor: 'consumer', step: 'add_producer', openForMs: 10_000 },
    };
    expect(explain(TOKEN, [...events, stalled]).sentence).toContain('it waits for add_producer of consumer local/local/irqfd-1');
  });

  test('an empty token tells who left last and who was refused', () => {
    const events = logOf((manager) => {
      const consumer = { id: 'irqfd-1', ...CONSUMER };
      manager.registerConsumer(consumer, TOKEN);
      manager.unregisterConsumer(consumer);
    });
    expect(explain(TOKEN, events).sentence).toBe(`Nothing is registered with token "${TOKEN}" now; last, local/local/irqfd-1 unregistered at event 2.`);
  });
});
