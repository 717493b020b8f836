import { describe, expect, it } from '@jest/globals';
import { IrqBypassManager } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import type { HostInventory } from '@irqmesh/inventory';
import { DemoModel } from './model.ts';
import { summaryCounts } from './summary.ts';

const INVENTORY: HostInventory = {
  name: 'a',
  cpus: [0],
  devices: [{ bdf: '0000:41:00.0', label: 'nvme', vm: 'web-1', vectors: [{ index: 0, hostIrq: 70, kind: 'msix', counts: [0], total: 0 }] }],
  vms: [{ name: 'web-1', pins: [], devices: ['0000:41:00.0'], synthesized: false }],
};
const KVM = 'a/boot-1/eventfd-32';
const USER = 'a/boot-1/eventfd-33';
const CONSUMER = { id: 'irqfd', add_producer: () => 0, del_producer: () => 0 };

/** The kernel's manager, whose log the model follows. */
function follow(firstCounted = 1) {
  const manager = new IrqBypassManager();
  const model = new DemoModel([INVENTORY]);
  model.countFrom(firstCounted);
  model.setBoot('a', 1);
  const texts: string[] = [];
  manager.onEvent = (event) => {
    const line = model.apply(event, 0);
    if (line !== undefined) texts.push(`${line.place} ${line.text}`);
  };
  const place = model.hosts.get('a')!.places[0]!;
  return { manager, model, texts, state: () => model.state(place) };
}

describe('DemoModel', () => {
  it('knows a vector off, remapped, posted, masked and posted again', () => {
    const { manager, state } = follow();
    const producer = { id: 'vfio' };
    expect(state()).toBe('off');
    manager.registerConsumer({ ...CONSUMER }, KVM);
    expect(state()).toBe('remapped');
    manager.registerProducer(producer, KVM, 70);
    expect(state()).toBe('posted');
    manager.unregisterProducer(producer);
    manager.registerProducer(producer, USER, 70);
    expect(state()).toBe('masked');
    manager.unregisterProducer(producer);
    manager.registerProducer(producer, KVM, 70);
    expect(state()).toBe('posted');
  });

  it('tells each event in the kernel\'s words', () => {
    const { manager, texts } = follow();
    const producer = { id: 'vfio' };
    manager.registerConsumer({ ...CONSUMER }, KVM);
    manager.registerProducer(producer, KVM, 70);
    manager.unregisterProducer(producer);
    manager.registerConsumer({ ...CONSUMER, id: 'other', add_producer: () => 66311 }, 'elsewhere');
    manager.registerProducer(producer, 'elsewhere', 1);
    expect(texts).toEqual([
      'a 0000:41:00.0[0] irq_bypass_register_consumer(eventfd-32)',
      'a 0000:41:00.0[0] irq_bypass_register_producer(eventfd-32, irq 70)',
      'a 0000:41:00.0[0] connected: add_producer() = 0, posted',
      'a 0000:41:00.0[0] irq_bypass_unregister_producer(eventfd-32)',
      'a 0000:41:00.0[0] disconnected: del_producer() = 0',
      'elsewhere irq_bypass_register_consumer(elsewhere)',
      'elsewhere irq_bypass_register_producer(elsewhere, irq 1)',
      'elsewhere connect failed: add_producer() = 66311; producer refused with 66311',
    ]);
  });

  it('counts what came about, by reason, and leaves void pair events out', () => {
    const { manager, model } = follow();
    const producer = { id: 'vfio' };
    manager.registerConsumer({ ...CONSUMER }, KVM);
    manager.registerProducer(producer, KVM, 70);
    const next = (): number => model.fold.position + 1;
    const event = (body: LogEvent['body']): LogEvent => ({ sequence: next(), id: String(next()), token: KVM, timeMs: 0, source: 'test', body });
    const participant = { host: 'local', session: 'local', id: 'vfio' };
    const expiry = { registrationSequence: 2, registrationRequestId: '2', participant, requestId: 'x', reason: 'session_expired' } as const;
    model.apply(event({ type: 'ProducerUnregistered', ...expiry }), 0);
    const operation = { producerSequence: 2, consumerSequence: 1, operationSequence: model.fold.position, runs: [] };
    model.apply(event({ type: 'PairDisconnected', ...operation }), 0);
    model.apply(event({ type: 'PairDisconnected', ...operation }), 0); // void: a late matcher's
    model.apply(event({ type: 'RegistrationRefused', side: 'producer', participant, result: -16, count: 3 }), 0);
    expect(summaryCounts(model.tally.counts, [])).toEqual({
      pairsConnected: 1,
      disconnected: { requested: 0, sessionExpired: 1, disowned: 0 },
      refused: [{ result: -16, count: 3 }],
      connectsFailed: 0,
      connectsAborted: 0,
      registerLatencyMs: undefined,
      events: 7,
    });
  });

  it('folds the events of earlier runs without counting them, and takes the next boot', () => {
    const { manager, model, texts } = follow(3);
    manager.registerConsumer({ ...CONSUMER }, 'a/boot-7/eventfd-32');
    manager.registerProducer({ id: 'vfio' }, 'a/boot-7/eventfd-32', 70);
    expect(texts).toEqual(['a/boot-7/eventfd-32 connected: add_producer() = 0']);
    expect(model.tally.counts.events).toBe(1);
    expect(model.pairs).toBe(1);
    expect(model.nextBoot('a')).toBe(8);
    expect(model.nextBoot('b')).toBe(1);
  });

  it('wakes who waits when the log says so, and gives up in time', async () => {
    const { manager, model, state } = follow();
    const signal = new AbortController();
    const waiting = model.until(() => state() === 'remapped', 5000, signal.signal);
    manager.registerConsumer({ ...CONSUMER }, KVM);
    expect(await waiting).toBe(true);
    expect(await model.until(() => state() === 'posted', 20, signal.signal)).toBe(false);
    const aborted = model.until(() => state() === 'posted', 5000, signal.signal);
    signal.abort();
    expect(await aborted).toBe(false);
  });
});

describe('summaryCounts', () => {
  it('gives the nearest-rank percentiles in milliseconds', () => {
    const { counts } = follow().model.tally;
    const hundred = Array.from({ length: 100 }, (_, at) => (100 - at) * 1000);
    expect(summaryCounts(counts, hundred).registerLatencyMs).toEqual({ calls: 100, p50: 50, p99: 99 });
    expect(summaryCounts(counts, [7000]).registerLatencyMs).toEqual({ calls: 1, p50: 7, p99: 7 });
  });
});
