import { describe, expect, it } from '@jest/globals';
import { Errno } from './errno.ts';
import { IrqBypassManager } from './manager.ts';
import type { LocalConsumer, LocalProducer } from './manager.ts';

/** A KVM irqfd that notes what is called, and whose add_producer returns `result`. */
function irqfd(id: string, calls: string[], result?: number): LocalConsumer {
  return {
    id,
    stop: () => void calls.push(`${id}.stop`),
    start: () => void calls.push(`${id}.start`),
    add_producer: (producer) => {
      calls.push(`${id}.add_producer ${producer.id}`);
      return result;
    },
    del_producer: (producer) => void calls.push(`${id}.del_producer ${producer.id}`),
  };
}

describe('IrqBypassManager', () => {
  it('connects and disconnects a VFIO vector and a KVM irqfd', () => {
    const calls: string[] = [];
    const events: string[] = [];
    const manager = new IrqBypassManager();
    manager.onEvent = ({ sequence, body }) => events.push(`${sequence} ${body.type}`);
    const vector: LocalProducer = { id: 'vector-0' };
    const consumer = irqfd('gsi-24', calls);
    expect(manager.registerConsumer(consumer, 'eventfd-1')).toBe(0);
    expect(calls).toEqual([]);
    expect(manager.registerProducer(vector, 'eventfd-1', 42)).toBe(0);
    expect(calls.splice(0)).toEqual(['gsi-24.stop', 'gsi-24.add_producer vector-0', 'gsi-24.start']);
    manager.unregisterProducer(vector);
    expect(calls.splice(0)).toEqual(['gsi-24.stop', 'gsi-24.del_producer vector-0', 'gsi-24.start']);
    manager.unregisterConsumer(consumer);
    manager.unregisterConsumer(consumer);
    expect(calls).toEqual([]);
    expect(events).toEqual(['1 ConsumerRegistered', '2 ProducerRegistered', '3 PairConnected', '4 ProducerUnregistered', '5 PairDisconnected', '6 ConsumerUnregistered']);
  });

  it('records irq as the kernel does: a double registration leaves it, any later failure does not', () => {
    const manager = new IrqBypassManager();
    const vector: LocalProducer = { id: 'vector-0' };
    expect(manager.registerProducer(vector, 'a', 10)).toBe(0);
    expect(manager.registerProducer(vector, 'b', 11)).toBe(Errno.EINVAL);
    expect(vector.irq).toBe(10);
    const other: LocalProducer = { id: 'vector-1' };
    expect(manager.registerProducer(other, 'a', 12)).toBe(Errno.EBUSY);
    expect(other.irq).toBe(12);
    manager.hasRoom = false;
    expect(manager.registerProducer(other, 'b', 13)).toBe(Errno.ENOMEM);
    expect(other.irq).toBe(13);
  });

  it('returns what a driver returned, positive too, and lets the newcomer try again', () => {
    const manager = new IrqBypassManager();
    const vector: LocalProducer = { id: 'vector-0' };
    manager.registerConsumer(irqfd('gsi-24', [], 66_311), 'a');
    expect(manager.registerProducer(vector, 'a', 10)).toBe(66_311);
    expect(manager.registerProducer(vector, 'b', 10)).toBe(0);
  });

  it.each(['', 'a'.repeat(129)])('throws -EINVAL for a token that is none', (token) => {
    const manager = new IrqBypassManager();
    const vector: LocalProducer = { id: 'vector-0' };
    expect(() => manager.registerProducer(vector, token, 10)).toThrow(expect.objectContaining({ errno: Errno.EINVAL }));
    expect(vector.irq).toBeUndefined();
    expect(manager.fold.position).toBe(0);
  });
});
