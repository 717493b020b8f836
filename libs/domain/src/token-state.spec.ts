import { describe, expect, it } from '@jest/globals';
import { Errno } from './errno.ts';
import { History, TOKEN } from './testing/history.ts';
import { showState } from './testing/show-state.ts';
import { emptyTokenState, findRegistration, holderOf, isIdle, isOpen } from './token-state.ts';

describe('registrations without a partner', () => {
  it('settle by themselves', () => {
    const history = new History();
    expect(showState(history.state())).toBe('- - |  | ');
    const producer = history.producer('P');
    expect(showState(history.state())).toBe('P - |  | 1: 0');
    history.unregister(producer);
    expect(showState(history.state())).toBe('- - |  | 2: 0');
    history.consumer('C');
    expect(showState(history.state())).toBe('- C |  | 3: 0');
  });

  it('-EBUSY for a second one on a side, should a registry ever append it', () => {
    const history = new History();
    history.producer('P');
    history.producer('Q');
    expect(showState(history.state())).toBe(`P - |  | 2: ${Errno.EBUSY}`);
    expect(findRegistration(history.state(), 2)).toBeUndefined();
  });

  it('-EBUSY does not wait for a partner: there is nothing to connect', () => {
    const history = new History();
    history.pair();
    history.producer('Q');
    expect(showState(history.state())).toBe(`P=C |  | 4: ${Errno.EBUSY}`);
  });
});

describe('connect', () => {
  it.each(['producer', 'consumer'] as const)('is open when the %s comes second, until its pair event', (newcomer) => {
    const history = new History();
    const first = newcomer === 'producer' ? history.consumer('C') : history.producer('P');
    const second = newcomer === 'producer' ? history.producer('P') : history.consumer('C');
    expect(showState(history.state())).toBe(newcomer === 'producer' ? '- C | register 2 | ' : 'P - | register 2 | ');
    expect(history.operation()).toMatchObject({ kind: 'connect', token: TOKEN, sequence: second, causedBy: newcomer, [newcomer]: { sequence: second } });
    expect(history.operation()).toMatchObject({ [newcomer === 'producer' ? 'consumer' : 'producer']: { sequence: first } });
    history.connected(second);
    expect(showState(history.state())).toBe('P=C |  | 2: 0');
    expect(history.operation()).toBeUndefined();
  });

  it.each(['producer', 'consumer'] as const)('that fails removes the newcomer (%s) with the result unchanged; the first-comer stays', (newcomer) => {
    const history = new History();
    if (newcomer === 'producer') history.consumer('C');
    else history.producer('P');
    const second = newcomer === 'producer' ? history.producer('P') : history.consumer('C');
    history.failed(second, 66_311);
    expect(showState(history.state())).toBe(newcomer === 'producer' ? '- C |  | 2: 66311' : 'P - |  | 2: 66311');
    history.unregister(second);
    expect(showState(history.state())).toBe(newcomer === 'producer' ? '- C |  | 4: 0' : 'P - |  | 4: 0');
  });

  it('that failed leaves room for another try by somebody else', () => {
    const history = new History();
    history.producer('P');
    history.failed(history.consumer('C'));
    history.connected(history.consumer('D'));
    expect(showState(history.state())).toBe('P=D |  | 4: 0');
  });
});

describe('disconnect', () => {
  it.each(['producer', 'consumer'] as const)('is open when a connected %s leaves; the other side stays and can match again', (leaver) => {
    const history = new History();
    const pair = history.pair();
    const operation = history.unregister(pair[leaver]);
    expect(showState(history.state())).toBe('P=C | unregister 4 | ');
    expect(history.operation()).toMatchObject({ kind: 'disconnect', sequence: operation, causedBy: leaver, producer: { sequence: 1 }, consumer: { sequence: 2 } });
    history.disconnected(operation);
    expect(showState(history.state())).toBe(leaver === 'producer' ? '- C |  | 4: 0' : 'P - |  | 4: 0');
    const next = leaver === 'producer' ? history.producer('Q') : history.consumer('D');
    history.connected(next);
    expect(showState(history.state())).toBe(leaver === 'producer' ? 'Q=C |  | 6: 0' : 'P=D |  | 6: 0');
  });

  it('of both sides: the second to leave finds no pair and settles at once', () => {
    const history = new History();
    const { producer, consumer } = history.pair();
    const first = history.unregister(consumer);
    history.unregister(producer);
    expect(showState(history.state())).toBe('P=C | unregister 4, unregister 5 | ');
    history.disconnected(first);
    expect(showState(history.state())).toBe('- - |  | 4: 0, 5: 0');
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
    expect(showState(history.state())).toBe('P=C | unregister 4, register 5, unregister 6 | ');
    history.disconnected(leave);
    // Q meets C, so its connect is open; its own unregister waits behind it.
    expect(showState(history.state())).toBe('- C | register 5, unregister 6 | 4: 0');
    expect(history.operation()).toMatchObject({ kind: 'connect', sequence: next });
    history.connected(next);
    expect(showState(history.state())).toBe('Q=C | unregister 6 | 5: 0');
    expect(history.operation()).toMatchObject({ kind: 'disconnect', sequence: last });
    history.disconnected(last);
    expect(showState(history.state())).toBe('- C |  | 6: 0');
  });

  it('an unregister behind its own connect that fails is a no-op', () => {
    const history = new History();
    history.producer('P');
    const consumer = history.consumer('C');
    history.unregister(consumer);
    history.failed(consumer, -5);
    expect(showState(history.state())).toBe('P - |  | 2: -5, 3: 0');
  });

  it('an unregister of a registration that is not there is a no-op', () => {
    const history = new History();
    const first = history.producer('P');
    history.unregister(first);
    history.producer('P', { requestId: 'again' });
    history.unregister(first);
    expect(showState(history.state())).toBe('P - |  | 4: 0');
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
