import { describe, expect, test } from '@jest/globals';
import { CallbackTeller } from './callback-teller.ts';

const PEER = { participant: { host: 'host-b', session: 's', id: 'irqfd-1' }, irq: 56, token: 't', operationSequence: 3 };

describe('CallbackTeller', () => {
  test('tells each callback by the name the kernel has for it, and knows whether it is connected', () => {
    const lines: string[] = [];
    const teller = new CallbackTeller('consumer', 0, (line) => lines.push(line));
    expect(teller.standing()).toBe('waiting for a producer');
    teller.stop();
    expect(teller.add(PEER)).toBe(0);
    expect(teller.standing()).toBe('connected with host-b/irqfd-1, irq 56');
    teller.start();
    teller.del(PEER);
    expect(teller.standing()).toBe('waiting for a producer');
    expect(lines).toEqual(['stop()', 'add_producer(host-b/irqfd-1, irq 56) = 0', 'start()', 'del_producer(host-b/irqfd-1, irq 56)']);
  });

  test('an add that fails connects nothing', () => {
    const lines: string[] = [];
    const teller = new CallbackTeller('producer', -16, (line) => lines.push(line));
    expect(teller.add({ ...PEER, irq: undefined })).toBe(-16);
    expect(teller.standing()).toBe('waiting for a consumer');
    expect(lines).toEqual(['add_consumer(host-b/irqfd-1) = -16 (EBUSY)']);
  });
});
