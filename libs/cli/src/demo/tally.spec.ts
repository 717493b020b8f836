import { describe, expect, it } from '@jest/globals';
import { emptyTokenState } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import { Tally } from './tally.ts';

const NOTE: LogEvent = {
  sequence: 1, id: '1', token: 't', timeMs: 0, source: 'test',
  body: { type: 'HandshakeStalled', operationSequence: 1, waitingFor: 'consumer', step: 'add_producer', openForMs: 1 },
};

describe('Tally', () => {
  it('gives the events a second over the last two seconds, and forgets older ones', () => {
    const tally = new Tally();
    for (let nowMs = 0; nowMs < 10_000; nowMs += 10) tally.add(NOTE, emptyTokenState('t'), nowMs);
    expect(tally.rates(9_999)).toEqual({ events: 100, connects: 0 });
    expect(tally.rates(10_999).events).toBe(50);
    expect(tally.rates(12_000).events).toBe(0);
    expect(tally.counts.events).toBe(1000);
  });
});
