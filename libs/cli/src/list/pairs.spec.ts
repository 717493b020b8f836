import { describe, expect, test } from '@jest/globals';
import type { Side } from '@irqmesh/domain';
import type { RegistrationViewMessage } from '@irqmesh/protocol';
import { joinPairs } from './pairs.ts';

function view(side: Side, token: string, state: RegistrationViewMessage['state'], more: Partial<RegistrationViewMessage> = {}): RegistrationViewMessage {
  const participant = { host: side === 'producer' ? 'host-a' : 'host-b', session: 's1', id: `${side}-${token}` };
  return { side, participant, token, sequence: 1, requestId: 'r', callbacks: [], callbackDeadlineMs: 5000, state, ...(side === 'producer' ? { irq: 7 } : {}), ...more };
}

function states(producers: RegistrationViewMessage[], consumers: RegistrationViewMessage[]): string[] {
  return joinPairs(producers, consumers).map(({ token, state }) => `${token}: ${state}`);
}

describe('joinPairs', () => {
  test('joins by token, producers first, and tells what is missing', () => {
    const producers = [view('producer', 'p', 'waiting'), view('producer', 'both', 'connected')];
    const consumers = [view('consumer', 'c', 'waiting'), view('consumer', 'both', 'connected')];
    expect(states(producers, consumers)).toEqual(['p: no consumer', 'both: connected', 'c: no producer']);
    expect(joinPairs(producers, consumers)[1]).toMatchObject({ irq: 7, producer: { host: 'host-a' }, consumer: { host: 'host-b' } });
  });

  test('an open operation of either side shows', () => {
    expect(states([view('producer', 't', 'leaving')], [view('consumer', 't', 'connected')])).toEqual(['t: disconnecting']);
    expect(states([view('producer', 't', 'waiting')], [view('consumer', 't', 'registering')])).toEqual(['t: connecting']);
  });

  test('two that wait under one token were kept apart by an aborted connect', () => {
    expect(states([view('producer', 't', 'waiting')], [view('consumer', 't', 'waiting')])).toEqual(['t: apart']);
  });

  test('a peer that was not loaded is taken from the side that was', () => {
    const peer = { host: 'host-z', session: 's', id: 'far' };
    expect(joinPairs([], [view('consumer', 't', 'connected', { peer, peerSequence: 9 })])).toEqual([
      expect.objectContaining({ producer: peer, producerSequence: 9, state: 'connected' }),
    ]);
  });
});
