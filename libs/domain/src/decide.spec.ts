import { describe, expect, it } from '@jest/globals';
import { callbackSet } from './callbacks.ts';
import { decideExpiry, decideRegister, decideUnregister } from './decide.ts';
import type { Decision } from './decide.ts';
import { Errno } from './errno.ts';
import { History, registerCommand, TOKEN, unregisterCommand } from './testing/history.ts';
import { findRegistration } from './token-state.ts';

/** Appends what was decided, as a registry does. */
function carryOut(history: History, decision: Decision | undefined, token: string = TOKEN): number {
  if (decision?.kind !== 'append') throw new Error(`expected an append, not ${JSON.stringify(decision)}`);
  return history.append(token, decision.body);
}

const NO_DEL = callbackSet('consumer', ['stop', 'start', 'add_producer']);

describe('decideRegister', () => {
  it('appends the registration with all it states, expecting where the side ends', () => {
    const history = new History();
    const command = { ...registerCommand('producer', 'P', { irq: 77 }), quiesceGroup: 'vm-1' };
    expect(decideRegister(history.fold(), command, true)).toEqual({
      kind: 'append',
      token: TOKEN,
      expectedLastSequence: 0,
      body: {
        type: 'ProducerRegistered',
        participant: command.participant,
        irq: 77,
        callbacks: command.callbacks,
        deadlineMs: 5_000,
        requestId: 'register-P',
        quiesceGroup: 'vm-1',
      },
    });
    history.unregister(history.producer('Q'));
    history.consumer('C');
    expect(decideRegister(history.fold(), command, true)).toMatchObject({ kind: 'append', expectedLastSequence: 2 });
    expect(decideRegister(history.fold(), registerCommand('consumer', 'D', { token: 'other' }), true)).toMatchObject({ expectedLastSequence: 0, body: { type: 'ConsumerRegistered' } });
  });

  it('a producer needs no callback at all', () => {
    expect(decideRegister(new History().fold(), registerCommand('producer', 'P', { callbacks: [] }), true).kind).toBe('append');
  });

  describe("refuses in the kernel's order", () => {
    /** C is registered on the token; D is a stranger. */
    const history = new History();
    const holder = history.consumer('C');
    const fold = history.fold();
    const again = { requestId: 'again' };

    it('-EINVAL with a warning for a participant that is registered, before all else', () => {
      const decision = decideRegister(fold, registerCommand('consumer', 'C', { ...again, callbacks: NO_DEL }), false);
      expect(decision).toMatchObject({ kind: 'answer', result: Errno.EINVAL, warning: true, holder: { sequence: holder }, freshTokens: [TOKEN] });
    });

    it('-EINVAL on another token too, and both tokens must be fresh', () => {
      const decision = decideRegister(fold, registerCommand('consumer', 'C', { ...again, token: 'other' }), true);
      expect(decision).toMatchObject({ kind: 'answer', result: Errno.EINVAL, warning: true, freshTokens: ['other', TOKEN] });
    });

    it.each([
      ['add_producer', callbackSet('consumer', ['del_producer'])],
      ['del_producer', NO_DEL],
    ])('-EINVAL without a warning for a consumer without %s, before -EBUSY and -ENOMEM', (_name, callbacks) => {
      const decision = decideRegister(fold, registerCommand('consumer', 'D', { callbacks }), false);
      expect(decision).toMatchObject({ kind: 'answer', result: Errno.EINVAL, warning: false });
    });

    it('-EBUSY for a token that is taken, before -ENOMEM', () => {
      const decision = decideRegister(fold, registerCommand('consumer', 'D'), false);
      expect(decision).toMatchObject({ kind: 'answer', result: Errno.EBUSY, warning: false, holder: { sequence: holder }, freshTokens: [TOKEN] });
      expect((decision as { message: string }).message).toContain('host-a/s1/C');
    });

    it('-ENOMEM when there is no room', () => {
      const decision = decideRegister(fold, registerCommand('producer', 'P'), false);
      expect(decision).toMatchObject({ kind: 'answer', result: Errno.ENOMEM, freshTokens: [TOKEN] });
    });
  });

  it('the same names in another session, or on the other side, are another participant', () => {
    const history = new History();
    history.consumer('C');
    expect(decideRegister(history.fold(), registerCommand('consumer', 'C', { session: 's2', token: 'other' }), true).kind).toBe('append');
    expect(decideRegister(history.fold(), registerCommand('producer', 'C', { token: 'other' }), true).kind).toBe('append');
  });

  describe('rule 9: EBUSY waits', () => {
    it('for a holder whose own registration is not settled', () => {
      const history = new History();
      history.producer('P');
      const holder = history.consumer('C');
      const command = registerCommand('consumer', 'D');
      expect(decideRegister(history.fold(), command, true)).toEqual({ kind: 'wait', token: TOKEN, operationSequence: holder });
      // -ENOMEM too depends on it: with the token taken, it would be -EBUSY.
      expect(decideRegister(history.fold(), command, false)).toEqual({ kind: 'wait', token: TOKEN, operationSequence: holder });
      const failed = new History();
      failed.producer('P');
      failed.failed(failed.consumer('C'));
      expect(decideRegister(failed.fold(), command, true).kind).toBe('append');
      history.connected(holder);
      expect(decideRegister(history.fold(), command, true)).toMatchObject({ kind: 'answer', result: Errno.EBUSY });
    });

    it('for the own registration before -EINVAL, on its token', () => {
      const history = new History();
      history.producer('P');
      const own = history.consumer('C');
      const command = registerCommand('consumer', 'C', { requestId: 'again', token: 'other' });
      expect(decideRegister(history.fold(), command, true)).toEqual({ kind: 'wait', token: TOKEN, operationSequence: own });
      history.failed(own);
      expect(decideRegister(history.fold(), command, true).kind).toBe('append');
    });

    it('does not wait for the other side', () => {
      const history = new History();
      history.producer('P');
      history.consumer('C');
      expect(decideRegister(history.fold(), registerCommand('producer', 'Q'), true)).toMatchObject({ kind: 'answer', result: Errno.EBUSY });
    });

    it('appends at once when the unregister of the holder is in the log, settled or not', () => {
      const history = new History();
      const { producer } = history.pair();
      const leave = history.unregister(producer);
      expect(decideRegister(history.fold(), registerCommand('producer', 'Q'), true)).toMatchObject({ kind: 'append', expectedLastSequence: leave });
      // The same participant, too: its last registration is over as far as the log goes.
      expect(decideRegister(history.fold(), registerCommand('producer', 'P', { requestId: 'again' }), true).kind).toBe('append');
    });

    it('appends at once when a holder whose registration is not settled is leaving', () => {
      const history = new History();
      history.producer('P');
      history.expire(history.consumer('C'));
      expect(decideRegister(history.fold(), registerCommand('consumer', 'D'), true).kind).toBe('append');
    });
  });

  describe('rule 11: a repeated request', () => {
    it('waits for the first one, then has its result', () => {
      const history = new History();
      history.producer('P');
      const sequence = history.consumer('C');
      const command = registerCommand('consumer', 'C');
      expect(decideRegister(history.fold(), command, true)).toEqual({ kind: 'repeat', token: TOKEN, operationSequence: sequence });
      history.failed(sequence, 66_311);
      expect(decideRegister(history.fold(), command, true)).toEqual({ kind: 'repeat', token: TOKEN, operationSequence: sequence, result: 66_311 });
    });

    it('is known by its id, not by what it asks: no room and a taken token do not matter', () => {
      const history = new History();
      const sequence = history.producer('P');
      expect(decideRegister(history.fold(), registerCommand('producer', 'P', { token: 'other' }), false)).toEqual({ kind: 'repeat', token: TOKEN, operationSequence: sequence, result: 0 });
    });

    it('that the participant has gone on from is dropped: a late copy is not registered behind its back', () => {
      const history = new History();
      history.unregister(history.producer('P', { requestId: '8.a' }));
      history.unregister(history.producer('P', { requestId: '9.b', token: 'other' }));
      expect(decideRegister(history.fold(), registerCommand('producer', 'P', { requestId: '8.a' }), true)).toMatchObject({ kind: 'answer', result: Errno.ESTALE });
      expect(decideRegister(history.fold(), registerCommand('producer', 'P', { requestId: '10.c' }), true)).toMatchObject({ kind: 'append' });
    });

    it('keeps its answer after the registration has ended', () => {
      const history = new History();
      const sequence = history.producer('P');
      history.unregister(sequence);
      expect(decideRegister(history.fold(), registerCommand('producer', 'P'), true)).toMatchObject({ kind: 'repeat', operationSequence: sequence, result: 0 });
    });

    it('of another participant with the same request id is not a repeat', () => {
      const history = new History();
      history.producer('P', { requestId: 'r1' });
      expect(decideRegister(history.fold(), registerCommand('producer', 'Q', { requestId: 'r1', token: 'other' }), true).kind).toBe('append');
    });
  });
});

describe('decideUnregister', () => {
  const NOTHING = { kind: 'answer', result: 0, warning: false, freshTokens: [TOKEN] };

  it('appends the end of the named registration', () => {
    const history = new History();
    const sequence = history.producer('P');
    const command = unregisterCommand('producer', 'P');
    expect(decideUnregister(history.fold(), command)).toEqual({
      kind: 'append',
      token: TOKEN,
      expectedLastSequence: sequence,
      body: {
        type: 'ProducerUnregistered',
        participant: command.participant,
        registrationSequence: sequence,
        registrationRequestId: 'register-P',
        requestId: 'unregister-P',
        reason: 'requested',
      },
    });
  });

  it('appends on the token that the registration is on, whatever the caller says', () => {
    const history = new History();
    history.consumer('C', { token: 'other' });
    expect(decideUnregister(history.fold(), unregisterCommand('consumer', 'C'))).toMatchObject({ kind: 'append', token: 'other', body: { type: 'ConsumerUnregistered', registrationSequence: 1 } });
  });

  it('queues behind its own registration when that is not settled', () => {
    const history = new History();
    history.producer('P');
    const consumer = history.consumer('C');
    const leave = carryOut(history, decideUnregister(history.fold(), unregisterCommand('consumer', 'C')));
    expect(history.state().queue.map(({ sequence }) => sequence)).toEqual([consumer, leave]);
  });

  it('is a silent no-op for who is not registered, or whose registration failed', () => {
    const history = new History();
    expect(decideUnregister(history.fold(), unregisterCommand('consumer', 'C'))).toMatchObject(NOTHING);
    history.producer('P');
    history.failed(history.consumer('C'));
    expect(decideUnregister(history.fold(), unregisterCommand('consumer', 'C'))).toMatchObject(NOTHING);
  });

  it('rule 11: a repeat waits for the first one, whatever its own id and whoever asked first', () => {
    for (const reason of ['requested', 'session_expired'] as const) {
      const history = new History();
      const { producer } = history.pair();
      const leave = history.unregister(producer, reason);
      for (const unregisterId of ['unregister-P', 'unregister-P-again']) {
        const repeated = unregisterCommand('producer', 'P', { unregisterId });
        expect(decideUnregister(history.fold(), repeated)).toEqual({ kind: 'repeat', token: TOKEN, operationSequence: leave });
      }
      history.disconnected(leave);
      expect(decideUnregister(history.fold(), unregisterCommand('producer', 'P'))).toEqual({ kind: 'repeat', token: TOKEN, operationSequence: leave, result: 0 });
    }
  });

  it('rule 11: a delayed copy cannot hit a later registration of the same participant', () => {
    const history = new History();
    const delayed = unregisterCommand('producer', 'P', { requestId: 'first' });
    history.producer('P', { requestId: 'first' });
    carryOut(history, decideUnregister(history.fold(), delayed));
    const second = history.producer('P', { requestId: 'second' });
    expect(decideUnregister(history.fold(), delayed)).toMatchObject(NOTHING);
    expect(findRegistration(history.state(), second)).toMatchObject({ gone: false });
    expect(decideUnregister(history.fold(), unregisterCommand('producer', 'P', { requestId: 'second' })).kind).toBe('append');
  });
});

describe('decideExpiry', () => {
  const expiry = (history: History, sequence: number, reason: 'session_expired' | 'disowned' = 'session_expired') =>
    decideExpiry(history.fold(), TOKEN, sequence, 'expiry-1', reason);

  it.each(['session_expired', 'disowned'] as const)('appends %s for a registration that stands', (reason) => {
    const history = new History();
    const sequence = history.consumer('C');
    expect(expiry(history, sequence, reason)).toMatchObject({
      kind: 'append',
      token: TOKEN,
      expectedLastSequence: sequence,
      body: { type: 'ConsumerUnregistered', registrationSequence: sequence, registrationRequestId: 'register-C', requestId: 'expiry-1', reason },
    });
  });

  it('rule 12: for one that is not settled, and for one that waits in the queue', () => {
    const history = new History();
    const { producer } = history.pair();
    history.unregister(producer);
    const waiting = history.producer('Q');
    carryOut(history, expiry(history, waiting));
    expect(findRegistration(history.state(), waiting)).toMatchObject({ gone: true });
  });

  it('rule 12: even behind a queued unregister, but not twice', () => {
    const history = new History();
    const { producer } = history.pair();
    const leave = history.unregister(producer);
    const decision = expiry(history, producer);
    expect(decision).toMatchObject({ kind: 'append', expectedLastSequence: leave });
    carryOut(history, decision);
    expect(expiry(history, producer)).toBeUndefined();
    expect(expiry(history, producer, 'disowned')).toBeUndefined();
  });

  it('not for one that the fold has removed, or that failed, or never was', () => {
    const history = new History();
    const producer = history.producer('P');
    const failed = history.consumer('C');
    history.failed(failed);
    history.unregister(producer);
    for (const sequence of [producer, failed, 99]) expect(expiry(history, sequence)).toBeUndefined();
  });
});
