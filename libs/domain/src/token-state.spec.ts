import { describe, expect, it } from '@jest/globals';
import { Errno } from './errno.ts';
import { History, TOKEN } from './testing/history.ts';
import { emptyTokenState, findRegistration, holderOf, isIdle, isOpen, isVoid } from './token-state.ts';
import type { TokenState } from './token-state.ts';

/** `producer connected consumer | open operations | settled operations with results`, in one line. */
function show(state: TokenState): string {
  const holders = [state.producer, state.consumer].map((holder) => holder?.participant.id ?? '-').join(state.connected ? '=' : ' ');
  const queue = state.queue.map((operation) => `${operation.kind} ${operation.sequence}`).join(', ');
  const settled = state.settled.map(({ operation, result }) => `${operation.sequence}: ${result}`).join(', ');
  return `${holders} | ${queue} | ${settled}`;
}

function withoutPairSequence({ lastSequence, ...state }: TokenState) {
  return { ...state, lastSequence: { ...lastSequence, pair: 0 } };
}

describe('registrations without a partner', () => {
  it('settle by themselves', () => {
    const history = new History();
    expect(show(history.state())).toBe('- - |  | ');
    const producer = history.producer('P');
    expect(show(history.state())).toBe('P - |  | 1: 0');
    history.unregister(producer);
    expect(show(history.state())).toBe('- - |  | 2: 0');
    history.consumer('C');
    expect(show(history.state())).toBe('- C |  | 3: 0');
  });

  it('-EBUSY for a second one on a side, should a registry ever append it', () => {
    const history = new History();
    history.producer('P');
    history.producer('Q');
    expect(show(history.state())).toBe(`P - |  | 2: ${Errno.EBUSY}`);
    expect(findRegistration(history.state(), 2)).toBeUndefined();
  });

  it('-EBUSY does not wait for a partner: there is nothing to connect', () => {
    const history = new History();
    history.pair();
    history.producer('Q');
    expect(show(history.state())).toBe(`P=C |  | 4: ${Errno.EBUSY}`);
  });
});

describe('connect', () => {
  it.each(['producer', 'consumer'] as const)('is open when the %s comes second, until its pair event', (newcomer) => {
    const history = new History();
    const first = newcomer === 'producer' ? history.consumer('C') : history.producer('P');
    const second = newcomer === 'producer' ? history.producer('P') : history.consumer('C');
    expect(show(history.state())).toBe(newcomer === 'producer' ? '- C | register 2 | ' : 'P - | register 2 | ');
    expect(history.operation()).toMatchObject({ kind: 'connect', token: TOKEN, sequence: second, causedBy: newcomer, [newcomer]: { sequence: second } });
    expect(history.operation()).toMatchObject({ [newcomer === 'producer' ? 'consumer' : 'producer']: { sequence: first } });
    history.connected(second);
    expect(show(history.state())).toBe('P=C |  | 2: 0');
    expect(history.operation()).toBeUndefined();
  });

  it.each(['producer', 'consumer'] as const)('that fails removes the newcomer (%s) with the result unchanged; the first-comer stays', (newcomer) => {
    const history = new History();
    if (newcomer === 'producer') history.consumer('C');
    else history.producer('P');
    const second = newcomer === 'producer' ? history.producer('P') : history.consumer('C');
    history.failed(second, 66_311);
    expect(show(history.state())).toBe(newcomer === 'producer' ? '- C |  | 2: 66311' : 'P - |  | 2: 66311');
    history.unregister(second);
    expect(show(history.state())).toBe(newcomer === 'producer' ? '- C |  | 4: 0' : 'P - |  | 4: 0');
  });

  it('that failed leaves room for another try by somebody else', () => {
    const history = new History();
    history.producer('P');
    history.failed(history.consumer('C'));
    history.connected(history.consumer('D'));
    expect(show(history.state())).toBe('P=D |  | 4: 0');
  });
});

describe('disconnect', () => {
  it.each(['producer', 'consumer'] as const)('is open when a connected %s leaves; the other side stays and can match again', (leaver) => {
    const history = new History();
    const pair = history.pair();
    const operation = history.unregister(pair[leaver]);
    expect(show(history.state())).toBe('P=C | unregister 4 | ');
    expect(history.operation()).toMatchObject({ kind: 'disconnect', sequence: operation, causedBy: leaver, producer: { sequence: 1 }, consumer: { sequence: 2 } });
    history.disconnected(operation);
    expect(show(history.state())).toBe(leaver === 'producer' ? '- C |  | 4: 0' : 'P - |  | 4: 0');
    const next = leaver === 'producer' ? history.producer('Q') : history.consumer('D');
    history.connected(next);
    expect(show(history.state())).toBe(leaver === 'producer' ? 'Q=C |  | 6: 0' : 'P=D |  | 6: 0');
  });

  it('of both sides: the second to leave finds no pair and settles at once', () => {
    const history = new History();
    const { producer, consumer } = history.pair();
    const first = history.unregister(consumer);
    history.unregister(producer);
    expect(show(history.state())).toBe('P=C | unregister 4, unregister 5 | ');
    history.disconnected(first);
    expect(show(history.state())).toBe('- - |  | 4: 0, 5: 0');
    expect(isIdle(history.state())).toBe(true);
  });
});

describe('queue', () => {
  it('settles in log order, and one pair event settles all that has nothing to do behind it', () => {
    const history = new History();
    const { producer } = history.pair();
    const leave = history.unregister(producer);
    const next = history.producer('Q');
    const last = history.unregister(next);
    expect(show(history.state())).toBe('P=C | unregister 4, register 5, unregister 6 | ');
    history.disconnected(leave);
    // Q meets C, so its connect is open; its own unregister waits behind it.
    expect(show(history.state())).toBe('- C | register 5, unregister 6 | 4: 0');
    expect(history.operation()).toMatchObject({ kind: 'connect', sequence: next });
    history.connected(next);
    expect(show(history.state())).toBe('Q=C | unregister 6 | 5: 0');
    expect(history.operation()).toMatchObject({ kind: 'disconnect', sequence: last });
    history.disconnected(last);
    expect(show(history.state())).toBe('- C |  | 6: 0');
  });

  it('an unregister behind its own connect that fails is a no-op', () => {
    const history = new History();
    history.producer('P');
    const consumer = history.consumer('C');
    history.unregister(consumer);
    history.failed(consumer, -5);
    expect(show(history.state())).toBe('P - |  | 2: -5, 3: 0');
  });

  it('an unregister of a registration that is not there is a no-op', () => {
    const history = new History();
    const first = history.producer('P');
    history.unregister(first);
    history.producer('P', { requestId: 'again' });
    history.unregister(first);
    expect(show(history.state())).toBe('P - |  | 4: 0');
    expect(holderOf(history.state(), 'producer')).toMatchObject({ sequence: 3, gone: false });
  });

  it('isOpen holds from the event that queues an operation to the one that settles it', () => {
    const history = new History();
    history.producer('P');
    expect(isOpen(history.state(), 1)).toBe(false);
    const consumer = history.consumer('C');
    expect(isOpen(history.state(), consumer)).toBe(true);
    history.connected(consumer);
    expect(isOpen(history.state(), consumer)).toBe(false);
  });
});

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

  it('ConnectAborted is void while nobody is gone', () => {
    const { history, connect } = connecting();
    const before = history.state();
    history.aborted(connect);
    expect(withoutPairSequence(history.state())).toEqual(withoutPairSequence(before));
    history.connected(connect);
    expect(show(history.state())).toBe('P=C |  | 2: 0');
  });

  it('a requested unregister is no expiry: the connect goes on', () => {
    const history = new History();
    const producer = history.producer('P');
    const connect = history.consumer('C');
    history.unregister(producer);
    history.aborted(connect);
    expect(isOpen(history.state(), connect)).toBe(true);
    history.connected(connect);
    expect(show(history.state())).toBe('P=C | unregister 3 | 2: 0');
  });

  it('a reachable newcomer gets 0 and stays, not connected; the gone first-comer is removed', () => {
    const { history, connect } = connecting('P');
    history.aborted(connect);
    expect(show(history.state())).toBe('- C |  | 2: 0, 3: 0');
  });

  it('a gone newcomer is removed with -ENODEV; the first-comer stays', () => {
    const { history, connect } = connecting('C');
    history.aborted(connect);
    expect(show(history.state())).toBe(`P - |  | 2: ${Errno.ENODEV}, 3: 0`);
  });

  it('both gone: the newcomer gets -ENODEV, and nobody is left', () => {
    const { history, connect } = connecting('P', 'C');
    history.aborted(connect);
    expect(show(history.state())).toBe(`- - |  | 2: ${Errno.ENODEV}, 3: 0, 4: 0`);
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
    expect(show(history.state())).toBe(`- - |  | 2: ${Errno.ENODEV}, 3: 0, 4: 0`);
  });

  it('disowned counts as gone', () => {
    const history = new History();
    history.producer('P');
    const connect = history.consumer('C');
    history.unregister(connect, 'disowned');
    history.connected(connect);
    expect(isOpen(history.state(), connect)).toBe(true);
    history.aborted(connect);
    expect(show(history.state())).toBe(`P - |  | 2: ${Errno.ENODEV}, 3: 0`);
  });

  it('an expiry after the connect has settled leads to a disconnect, which settles as usual', () => {
    const history = new History();
    const { producer } = history.pair();
    const expiry = history.expire(producer);
    expect(history.operation()).toMatchObject({ kind: 'disconnect', sequence: expiry, producer: { gone: true }, consumer: { gone: false } });
    history.disconnected(expiry);
    expect(show(history.state())).toBe('- C |  | 4: 0');
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
    expect(show(history.state())).toBe(`P - |  | 5: ${Errno.ENODEV}, 6: 0`);
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
    expect(show(history.state())).toBe('P - | register 4, unregister 5 | 2: 0, 3: 0');
    history.aborted(second);
    expect(show(history.state())).toBe('- D |  | 4: 0, 5: 0');
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
    expect(show(history.state())).toBe('P - | register 2 | ');
  });

  it('any pair event when nothing is open', () => {
    const history = new History();
    history.pair();
    history.connected(2);
    expect(show(history.state())).toBe('P=C |  | ');
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
    expect(show(history.state())).toBe(`P=C | unregister ${leave}, unregister ${expiry} | `);
    history.disconnected(leave);
    expect(show(history.state())).toBe(`- C |  | ${leave}: 0, ${expiry}: 0`);
  });

  it('does not touch a registration that came to the token since', () => {
    const history = new History();
    const { producer } = history.pair();
    const leave = history.unregister(producer);
    const next = history.producer('Q');
    history.expire(producer);
    history.disconnected(leave);
    history.connected(next);
    expect(show(history.state())).toBe('Q=C |  | 5: 0, 6: 0');
    expect(holderOf(history.state(), 'producer')).toMatchObject({ sequence: next, gone: false });
  });
});

describe('holderOf: whom a newcomer would meet', () => {
  it('nobody on an empty token', () => {
    expect(holderOf(emptyTokenState(TOKEN), 'producer')).toBeUndefined();
  });

  it('who is registered, and who waits to be', () => {
    const history = new History();
    const producer = history.producer('P');
    const consumer = history.consumer('C');
    expect(holderOf(history.state(), 'producer')).toMatchObject({ sequence: producer });
    expect(holderOf(history.state(), 'consumer')).toMatchObject({ sequence: consumer });
  });

  it('rule 9: nobody once the unregister of the holder is in the log', () => {
    const history = new History();
    const { producer } = history.pair();
    history.unregister(producer);
    expect(holderOf(history.state(), 'producer')).toBeUndefined();
    expect(holderOf(history.state(), 'consumer')).toMatchObject({ sequence: 2 });
    const next = history.producer('Q');
    expect(holderOf(history.state(), 'producer')).toMatchObject({ sequence: next });
    history.unregister(next);
    expect(holderOf(history.state(), 'producer')).toBeUndefined();
  });
});

describe('findRegistration', () => {
  it('finds holders and those that wait, until they are removed', () => {
    const history = new History();
    const producer = history.producer('P');
    const consumer = history.consumer('C');
    expect(findRegistration(history.state(), producer)).toMatchObject({ side: 'producer' });
    expect(findRegistration(history.state(), consumer)).toMatchObject({ side: 'consumer' });
    history.failed(consumer);
    expect(findRegistration(history.state(), consumer)).toBeUndefined();
    // An operation's sequence is not a registration's.
    history.connected(history.consumer('D'));
    const leave = history.unregister(producer);
    expect(findRegistration(history.state(), leave)).toBeUndefined();
  });
});

describe('notes', () => {
  it('change nothing, and end what the event before them settled', () => {
    const history = new History();
    history.pair();
    const before = history.state();
    expect(before.settled).toHaveLength(1);
    history.notes();
    expect(history.state()).toEqual({ ...before, settled: [] });
  });
});

describe('lastSequence', () => {
  it('is where the events of each kind end', () => {
    const history = new History();
    const { producer } = history.pair();
    expect(history.state().lastSequence).toEqual({ producer: 1, consumer: 2, pair: 3 });
    history.disconnected(history.unregister(producer));
    history.notes();
    expect(history.state().lastSequence).toEqual({ producer: 4, consumer: 2, pair: 5 });
  });
});
