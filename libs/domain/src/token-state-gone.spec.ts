import { describe, expect, it } from '@jest/globals';
import { Errno } from './errno.ts';
import { History, TOKEN } from './testing/history.ts';
import { showState } from './testing/show-state.ts';
import { holderOf, isOpen, isVoid } from './token-state.ts';
import type { TokenState } from './token-state.ts';

function withoutPairSequence({ lastSequence, ...state }: TokenState) {
  return { ...state, lastSequence: { ...lastSequence, pair: 0 } };
}

describe('rule 6: gone means an expiry in the log', () => {
  /** P waits, C connects, and then some of them expire before the connect is settled. */
  function connecting(...gone: readonly ('P' | 'C')[]) {
    const history = new History();
    const sequences = { P: history.producer('P'), C: history.consumer('C') };
    for (const id of gone) history.expire(sequences[id]);
    return { history, connect: sequences.C };
  }

  it.each([[['P']], [['C']], [['P', 'C']]] as const)('with %j gone, PairConnected and ConnectFailed are void', (gone) => {
    for (const settle of ['connected', 'failed'] as const) {
      const { history, connect } = connecting(...gone);
      const before = history.state();
      const sequence = history[settle](connect);
      expect(withoutPairSequence(history.state())).toEqual(withoutPairSequence(before));
      // Its writer must still be told apart by optimistic concurrency.
      expect(history.state().lastSequence.pair).toBe(sequence);
      // What settles it later is ConnectAborted.
      history.aborted(connect);
      expect(isOpen(history.state(), connect)).toBe(false);
    }
  });

  it('a ConnectFailed without a failing result is void: nobody would know whether its newcomer stands', () => {
    const { history, connect } = connecting();
    history.failed(connect, 0);
    expect(isOpen(history.state(), connect)).toBe(true);
  });

  it('ConnectAborted is void while nobody is gone', () => {
    const { history, connect } = connecting();
    const before = history.state();
    history.aborted(connect);
    expect(withoutPairSequence(history.state())).toEqual(withoutPairSequence(before));
    history.connected(connect);
    expect(showState(history.state())).toBe('P=C |  | 2: 0');
  });

  it('a requested unregister is no expiry: the connect goes on', () => {
    const history = new History();
    const producer = history.producer('P');
    const connect = history.consumer('C');
    history.unregister(producer);
    history.aborted(connect);
    expect(isOpen(history.state(), connect)).toBe(true);
    history.connected(connect);
    expect(showState(history.state())).toBe('P=C | unregister 3 | 2: 0');
  });

  it('a reachable newcomer gets 0 and stays, not connected; the gone first-comer is removed', () => {
    const { history, connect } = connecting('P');
    history.aborted(connect);
    expect(showState(history.state())).toBe('- C |  | 2: 0, 3: 0');
  });

  it('a gone newcomer is removed with -ENODEV; the first-comer stays', () => {
    const { history, connect } = connecting('C');
    history.aborted(connect);
    expect(showState(history.state())).toBe(`P - |  | 2: ${Errno.ENODEV}, 3: 0`);
  });

  it('both gone: the newcomer gets -ENODEV, and nobody is left', () => {
    const { history, connect } = connecting('P', 'C');
    history.aborted(connect);
    expect(showState(history.state())).toBe(`- - |  | 2: ${Errno.ENODEV}, 3: 0, 4: 0`);
  });

  it('who is gone is read from the log, not from the ConnectAborted', () => {
    const history = new History();
    const producer = history.producer('P');
    const connect = history.consumer('C');
    history.expire(producer);
    const decided = history.operation()!;
    history.expire(connect);
    // Decided when only P was gone, appended after C had gone too.
    const { sequence: operationSequence } = decided;
    history.append(TOKEN, { type: 'ConnectAborted', producerSequence: producer, consumerSequence: connect, operationSequence, runs: [], newcomer: 'consumer', gone: ['producer'] });
    expect(showState(history.state())).toBe(`- - |  | 2: ${Errno.ENODEV}, 3: 0, 4: 0`);
  });

  it('disowned counts as gone', () => {
    const history = new History();
    history.producer('P');
    const connect = history.consumer('C');
    history.unregister(connect, 'disowned');
    history.connected(connect);
    expect(isOpen(history.state(), connect)).toBe(true);
    history.aborted(connect);
    expect(showState(history.state())).toBe(`P - |  | 2: ${Errno.ENODEV}, 3: 0`);
  });

  it('an expiry after the connect has settled leads to a disconnect, which settles as usual', () => {
    const history = new History();
    const { producer } = history.pair();
    const expiry = history.expire(producer);
    expect(history.operation()).toMatchObject({ kind: 'disconnect', sequence: expiry, producer: { gone: true }, consumer: { gone: false } });
    history.disconnected(expiry);
    expect(showState(history.state())).toBe('- C |  | 4: 0');
  });

  it('a registration that waits in the queue and expires there ends as ConnectAborted when its turn comes', () => {
    const history = new History();
    const { consumer } = history.pair();
    const leave = history.unregister(consumer);
    const next = history.consumer('D');
    history.expire(next);
    history.disconnected(leave);
    expect(history.operation()).toMatchObject({ kind: 'connect', sequence: next, consumer: { gone: true } });
    history.connected(next);
    expect(isOpen(history.state(), next)).toBe(true);
    history.aborted(next);
    expect(showState(history.state())).toBe(`P - |  | 5: ${Errno.ENODEV}, 6: 0`);
  });

  it('a newcomer that meets a holder whose expiry is still queued is not connected to it', () => {
    const history = new History();
    const producer = history.producer('P');
    const first = history.consumer('C');
    history.unregister(first);
    const second = history.consumer('D');
    history.expire(producer);
    history.aborted(first);
    // C stayed, then left; D comes to its turn while P, gone, still stands.
    expect(showState(history.state())).toBe('P - | register 4, unregister 5 | 2: 0, 3: 0');
    history.aborted(second);
    expect(showState(history.state())).toBe('- D |  | 4: 0, 5: 0');
  });
});

describe('void pair events', () => {
  it.each([
    ['for an operation that is settled already', (history: History) => history.connected(2)],
    ['for an operation that waits behind the head', (history: History) => history.disconnected(5)],
    ['of a connect for a disconnect', (history: History) => history.connected(4)],
    ['of a failed connect for a disconnect', (history: History) => history.failed(4)],
    ['of an aborted connect for a disconnect', (history: History) => history.aborted(4)],
  ])('%s change nothing but where the pair events end', (_what, append) => {
    const history = new History();
    const { producer, consumer } = history.pair();
    history.unregister(producer);
    history.unregister(consumer);
    const before = history.state();
    const sequence = append(history);
    expect(isVoid(before, history.events.at(-1)!.body as Parameters<typeof isVoid>[1])).toBe(true);
    expect(withoutPairSequence(history.state())).toEqual(withoutPairSequence(before));
    expect(history.state().lastSequence.pair).toBe(sequence);
  });

  it('a PairDisconnected for a connect', () => {
    const history = new History();
    history.producer('P');
    const connect = history.consumer('C');
    history.disconnected(connect);
    expect(showState(history.state())).toBe('P - | register 2 | ');
  });

  it('any pair event when nothing is open', () => {
    const history = new History();
    history.pair();
    history.connected(2);
    expect(showState(history.state())).toBe('P=C |  | ');
  });
});

describe('rule 12: expiry behind a queued unregister', () => {
  it('marks the registration gone at once; its own operation is a no-op', () => {
    const history = new History();
    const { producer } = history.pair();
    const leave = history.unregister(producer);
    expect(history.operation()).toMatchObject({ sequence: leave, producer: { gone: false } });
    const expiry = history.expire(producer);
    expect(history.operation()).toMatchObject({ sequence: leave, producer: { gone: true, leavingSequence: leave } });
    expect(showState(history.state())).toBe(`P=C | unregister ${leave}, unregister ${expiry} | `);
    history.disconnected(leave);
    expect(showState(history.state())).toBe(`- C |  | ${leave}: 0, ${expiry}: 0`);
  });

  it('does not touch a registration that came to the token since', () => {
    const history = new History();
    const { producer } = history.pair();
    const leave = history.unregister(producer);
    const next = history.producer('Q');
    history.expire(producer);
    history.disconnected(leave);
    history.connected(next);
    expect(showState(history.state())).toBe('Q=C |  | 5: 0, 6: 0');
    expect(holderOf(history.state(), 'producer')).toMatchObject({ sequence: next, gone: false });
  });
});
