import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LogEvent } from '@irqmesh/domain';
import type { HostInventory } from '@irqmesh/inventory';
import { SystemClock } from '@irqmesh/domain/system';
import { LocalManager } from '../testing/local-manager.ts';
import { Host } from './host.ts';

const vector = (index: number, kind: 'msix' | 'intx' = 'msix') => ({ index, hostIrq: 100 + index, kind, counts: [0], total: 0 });

const INVENTORY: HostInventory = {
  name: 'host-a',
  cpus: [0],
  devices: [
    { bdf: '0000:41:00.0', label: 'nvme', vm: 'web-1', vectors: [vector(0), vector(1), vector(2)] },
    { bdf: '0000:42:00.0', label: 'serial', vm: 'web-1', vectors: [vector(0, 'intx')] },
    { bdf: '0000:43:00.0', label: 'vf', vm: 'db-1', vectors: [vector(0)] },
  ],
  vms: [
    { name: 'web-1', pins: [], devices: ['0000:41:00.0', '0000:42:00.0'], synthesized: false },
    { name: 'db-1', pins: [], devices: ['0000:43:00.0'], synthesized: false },
  ],
};

let manager: LocalManager;
let host: Host;
let events: LogEvent[];

beforeEach(() => {
  manager = new LocalManager();
  events = [];
  manager.kernel.onEvent = (event) => events.push(event);
  host = new Host(INVENTORY, 2, manager, new SystemClock());
});

/** Side and token of each registration and unregistration, in the order of the log. */
function told(): string[] {
  return events.filter(({ body }) => body.type.endsWith('egistered')).map(({ body, token }) => `${body.type} ${token.split('/').at(-1)}`);
}

describe('a host', () => {
  it('boots a VM consumers first, then producers, and every vector is posted', async () => {
    expect(await host.bootVm('web-1')).toEqual({ vectors: 3, refusals: [] });
    expect(told()).toEqual([
      'ConsumerRegistered eventfd-32', 'ConsumerRegistered eventfd-33', 'ConsumerRegistered eventfd-34',
      'ProducerRegistered eventfd-32', 'ProducerRegistered eventfd-33', 'ProducerRegistered eventfd-34',
    ]);
    expect(host.report()).toMatchObject({
      host: 'host-a',
      boot: 2,
      vms: [{ name: 'web-1', state: 'running' }, { name: 'db-1', state: 'off' }],
      devices: [{ bdf: '0000:41:00.0', vectors: 'PPP' }, { bdf: '0000:42:00.0', vectors: '' }, { bdf: '0000:43:00.0', vectors: '-' }],
      counts: { posted: 3, remapped: 0, masked: 0, off: 1 },
    });
    expect(host.report().registerLatenciesUs).toHaveLength(6);
  });

  it('names host and boot in its tokens, and the irq of the inventory', async () => {
    await host.bootVm('db-1');
    expect(events.at(-2)).toMatchObject({ token: 'host-a/boot-2/eventfd-35', body: { type: 'ProducerRegistered', irq: 100 } });
  });

  it('shuts a VM down producers first, then consumers', async () => {
    await host.bootVm('db-1');
    events = [];
    await host.shutdownVm('db-1');
    expect(events.map(({ body }) => body.type)).toEqual(['ProducerUnregistered', 'PairDisconnected', 'ConsumerUnregistered']);
    expect(host.report().counts).toEqual({ posted: 0, remapped: 0, masked: 0, off: 4 });
  });

  it('moves the producer of a masked vector to an eventfd without a consumer, and back', async () => {
    await host.bootVm('web-1');
    const masked = host.vector('0000:41:00.0', 1);
    await masked.mask();
    expect([masked.state, masked.irqfd.irte]).toEqual(['masked', 'remapped']);
    expect(manager.kernel.fold.token('host-a/boot-2/eventfd-33')).toMatchObject({ connected: false, producer: undefined });
    expect(manager.kernel.fold.token('host-a/boot-2/eventfd-37').producer?.participant.id).toBe('vfio-0000:41:00.0-1');
    await masked.unmask();
    expect([masked.state, masked.irqfd.irte, masked.irqfd.halted]).toEqual(['posted', 'posted', false]);
  });

  it('is refused a second producer on a token with -EBUSY, which changes nothing', async () => {
    await host.bootVm('db-1');
    expect(await host.vector('0000:43:00.0', 0).duplicate()).toMatchObject({ result: -16 });
    expect(host.report().counts.posted).toBe(1);
  });

  it('reports what is refused at a boot and goes on, as the drivers do', async () => {
    manager.kernel.registerProducer({ id: 'intruder' }, 'host-a/boot-2/eventfd-33', 7);
    const { refusals } = await host.bootVm('web-1');
    expect(refusals).toEqual([{ token: 'host-a/boot-2/eventfd-33', errno: -16, message: '-16 (EBUSY): the kernel refused it' }]);
    expect(host.vm('web-1').state).toBe('running');
    expect(host.report().counts.posted).toBe(3); // the intruder's interrupt is posted in its place
  });

  it('does nothing when a running VM is booted again', async () => {
    await host.bootVm('db-1');
    events = [];
    expect(await host.bootVm('db-1')).toEqual({ vectors: 1, refusals: [] });
    expect(events).toEqual([]);
  });

  it('says what it has when it is asked for what it does not have', async () => {
    expect(() => host.vm('nope')).toThrow('-2 (ENOENT): host host-a has no VM "nope"; it has web-1, db-1');
    expect(() => host.vector('0000:42:00.0', 0)).toThrow('-2 (ENOENT)'); // INTx has no irq bypass producer
    await expect(host.vector('0000:41:00.0', 0).mask()).rejects.toThrow('-19 (ENODEV): cannot mask vector 0 of 0000:41:00.0: its VM does not run');
  });
});
