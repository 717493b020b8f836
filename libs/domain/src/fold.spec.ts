import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideRegister, decideUnregister } from './decide.ts';
import type { LogEvent } from './event.ts';
import { DEFAULT_FOLD_LIMITS, Fold, standingRegistration } from './fold.ts';
import type { FoldLimits } from './fold.ts';
import { isAtRest } from './participant-memory.ts';
import { anyActions } from './testing/any-actions.ts';
import { History, participant, registerCommand, SESSION, TOKEN, unregisterCommand } from './testing/history.ts';
import { ModelWorld } from './testing/model-world.ts';
import { emptyTokenState } from './token-state.ts';

/** Logs as the model world makes them, and a place in each. */
const anyLog = fc.tuple(anyActions, fc.nat()).map(([actions, place]) => {
  const world = new ModelWorld();
  for (const action of actions) world.perform(action);
  return { log: world.log, cut: place % (world.log.length + 1) };
});

function foldOf(events: readonly LogEvent[], fold: Fold = new Fold()): Fold {
  for (const event of events) fold.apply(event);
  return fold;
}

/** All of a fold that must not depend on what it has forgotten: what stands and what is open, in a fixed order. */
function canonical(fold: Fold) {
  const { position, tokens, participants } = fold.snapshot();
  return {
    position,
    tokens: tokens.map(({ lastSequence: _lastSequence, settled: _settled, ...state }) => state).toSorted((a, b) => a.token.localeCompare(b.token)),
    participants: participants.filter((memory) => !isAtRest(memory)).toSorted((a, b) => a.register.sequence - b.register.sequence),
    sessions: [...fold.sessionKeys()].toSorted().map((key) => {
      const [host, session] = key.split('.') as [string, string];
      const registrations = fold.registrationsOf({ host, session }).toSorted((a, b) => a.registration.sequence - b.registration.sequence);
      return { key, registrations };
    }),
  };
}

const FORGETFUL: FoldLimits = { idleTokens: 0, restingParticipants: 0 };

describe('snapshots', () => {
  it('restore(snapshot()) has the same snapshot, and goes on as the original does', () => {
    fc.assert(
      fc.property(anyLog, ({ log, cut }) => {
        const original = foldOf(log.slice(0, cut));
        const restored = Fold.restore(original.snapshot());
        expect(restored.snapshot()).toEqual(original.snapshot());
        expect(canonical(restored)).toEqual(canonical(original));
        expect(canonical(foldOf(log.slice(cut), restored))).toEqual(canonical(foldOf(log.slice(cut), original)));
      }),
      { numRuns: 100 },
    );
  });

  it('leave idle tokens out and keep who is at rest, so that repeated requests find their answers', () => {
    const history = new History();
    history.unregister(history.producer('P'));
    const snapshot = history.fold().snapshot();
    expect(snapshot).toMatchObject({ position: 2, tokens: [], participants: [{ register: { requestId: 'register-P', result: 0 }, unregister: { settled: true } }] });
    expect(decideRegister(Fold.restore(snapshot), registerCommand('producer', 'P'), true)).toMatchObject({ kind: 'repeat', result: 0 });
  });

  it('are values: folding on does not change one that was taken', () => {
    const history = new History();
    history.producer('P');
    const fold = history.fold();
    const snapshot = fold.snapshot();
    const copy = structuredClone(snapshot);
    history.consumer('C');
    fold.apply(history.events.at(-1)!);
    expect(snapshot).toEqual(copy);
  });
});

describe('events at or before the position', () => {
  it('change nothing and settle nothing', () => {
    fc.assert(
      fc.property(anyLog, ({ log, cut }) => {
        const fold = foldOf(log);
        const before = fold.snapshot();
        for (const event of log.slice(cut)) expect(fold.apply(event).settled).toEqual([]);
        expect(fold.snapshot()).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });
});

describe('notes', () => {
  it('settle nothing anew: what they return is what they did', () => {
    const history = new History();
    history.pair();
    history.notes();
    const fold = new Fold();
    const settled = history.events.map((event) => fold.apply(event).settled.length);
    expect(settled).toEqual([1, 0, 1, 0, 0]);
    expect(fold.position).toBe(5);
  });

  it('of a token that nothing else is known of do not make it known', () => {
    const history = new History();
    history.notes('other');
    const fold = history.fold(FORGETFUL);
    expect(fold.token('other')).toEqual(emptyTokenState('other'));
    expect(fold.tokenCount).toBe(0);
  });
});

describe('forgetting', () => {
  it('whatever is forgotten, what stands and what is open is the same', () => {
    fc.assert(
      fc.property(anyLog, ({ log }) => {
        expect(canonical(foldOf(log, new Fold(FORGETFUL)))).toEqual(canonical(foldOf(log)));
      }),
      { numRuns: 100 },
    );
  });

  it('a last sequence is the true one, or 0', () => {
    fc.assert(
      fc.property(anyLog, ({ log, cut }) => {
        const whole = foldOf(log);
        const restored = foldOf(log.slice(cut), Fold.restore(foldOf(log.slice(0, cut)).snapshot()));
        for (const fold of [restored, foldOf(log, new Fold(FORGETFUL))]) {
          for (const token of new Set(log.map((event) => event.token))) {
            const known = fold.token(token).lastSequence;
            const expected = whole.token(token).lastSequence;
            for (const kind of ['producer', 'consumer', 'pair'] as const) expect([0, expected[kind]]).toContain(known[kind]);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('a restored fold that meets an idle token again has its last sequences only as far as it has seen them', () => {
    const history = new History();
    const { producer, consumer } = history.pair();
    history.disconnected(history.unregister(producer));
    history.unregister(consumer);
    const restored = Fold.restore(history.fold().snapshot());
    history.consumer('D');
    restored.apply(history.events.at(-1)!);
    expect(history.fold().token(TOKEN).lastSequence).toEqual({ producer: 4, consumer: 7, pair: 5 });
    expect(restored.token(TOKEN).lastSequence).toEqual({ producer: 0, consumer: 7, pair: 0 });
    // Who decides from it must learn from the conflict: the true sequence is 4.
    expect(decideRegister(restored, registerCommand('producer', 'Q'), true)).toMatchObject({ kind: 'append', expectedLastSequence: 0 });
  });

  it('keeps so many idle tokens, the longest idle goes first', () => {
    const history = new History();
    for (const token of ['a', 'b', 'c']) history.unregister(history.producer(`P-${token}`, { token }));
    // "a" is idle anew, so "b" is the longest idle.
    history.unregister(history.producer('P', { token: 'a' }));
    const fold = history.fold({ ...DEFAULT_FOLD_LIMITS, idleTokens: 2 });
    expect(['a', 'b', 'c'].map((token) => fold.token(token).lastSequence.producer)).toEqual([8, 0, 6]);
  });

  it('never drops a token or a participant that is live, whatever the limits', () => {
    const history = new History();
    for (const token of ['a', 'b', 'c']) history.producer(`P-${token}`, { token });
    const fold = history.fold(FORGETFUL);
    expect(fold.tokenCount).toBe(3);
    expect(standingRegistration(fold, 'producer', participant('P-a'))).toMatchObject({ register: { sequence: 1 } });
  });

  it('rule 11: never drops who is leaving before that is settled, so that repeats still wait for it', () => {
    const history = new History();
    const { producer } = history.pair();
    const leave = history.unregister(producer);
    expect(decideUnregister(history.fold(FORGETFUL), unregisterCommand('producer', 'P'))).toEqual({ kind: 'repeat', token: TOKEN, operationSequence: leave });
  });

  it('keeps so many participants at rest, the longest at rest goes first', () => {
    const history = new History();
    for (const id of ['P', 'Q', 'R']) history.unregister(history.producer(id, { token: id }));
    const fold = history.fold({ ...DEFAULT_FOLD_LIMITS, restingParticipants: 2 });
    const kinds = ['P', 'Q', 'R'].map((id) => decideRegister(fold, registerCommand('producer', id, { token: id }), true).kind);
    expect(kinds).toEqual(['append', 'repeat', 'repeat']);
  });

  it('holds the limits for what it restores, too', () => {
    const history = new History();
    for (const id of ['P', 'Q', 'R']) history.unregister(history.producer(id, { token: id }));
    expect(Fold.restore(history.fold().snapshot(), { ...DEFAULT_FOLD_LIMITS, restingParticipants: 1 }).snapshot().participants).toMatchObject([{ participant: { id: 'R' } }]);
  });
});

describe('tokens', () => {
  it('are live while anything is registered or open', () => {
    const history = new History();
    const { producer, consumer } = history.pair();
    expect([history.fold().isLive(TOKEN), history.fold().tokenCount]).toEqual([true, 1]);
    expect([...history.fold().tokens()].map(({ token }) => token)).toEqual([TOKEN]);
    const leave = history.unregister(producer);
    history.unregister(consumer);
    expect(history.fold().isLive(TOKEN)).toBe(true);
    history.disconnected(leave);
    expect([history.fold().isLive(TOKEN), history.fold().tokenCount]).toEqual([false, 0]);
  });
});

describe('what is open and held', () => {
  /** Counted anew from the tokens' states. */
  function counted(fold: Fold) {
    const states = [...fold.tokens()];
    const perSide = (side: 'producer' | 'consumer') => [...fold.sessionKeys()].map((key) => {
      const [host, session] = key.split('.') as [string, string];
      return `${key} ${fold.registrationsOf({ host, session }).filter(({ registration }) => registration.side === side).length}`;
    });
    return { open: states.reduce((sum, { queue }) => sum + queue.length, 0), producers: perSide('producer'), consumers: perSide('consumer') };
  }

  function told(fold: Fold) {
    const perSide = (side: 'producer' | 'consumer') => [...fold.sessionKeys()].map((key) => {
      const [host, session] = key.split('.') as [string, string];
      return `${key} ${fold.registrationCount({ host, session }, side)}`;
    });
    return { open: fold.openOperations, producers: perSide('producer'), consumers: perSide('consumer') };
  }

  it('is counted as it is, after each event and after a restart', () => {
    fc.assert(
      fc.property(anyLog, ({ log }) => {
        const fold = new Fold();
        for (const event of log) {
          fold.apply(event);
          expect(told(fold)).toEqual(counted(fold));
        }
        const restored = Fold.restore(fold.snapshot());
        expect(told(restored)).toEqual(counted(restored));
        expect(restored.openOperations).toBe(fold.openOperations);
      }),
      { numRuns: 100 },
    );
  });
});

describe('sessions', () => {
  const sequences = (fold: Fold, session: string = SESSION.session) => fold.registrationsOf({ ...SESSION, session }).map(({ token, registration }) => `${token}: ${registration.sequence}`);

  it('rule 12: hold their registrations on all tokens and both sides until they are removed', () => {
    const history = new History();
    history.pair({ token: 'a' });
    history.producer('Q', { token: 'b' });
    history.producer('P', { token: 'c', session: 's2' });
    const fold = history.fold();
    expect([...fold.sessionKeys()].toSorted()).toEqual(['host-a.s1', 'host-a.s2']);
    expect(sequences(fold)).toEqual(['a: 1', 'a: 2', 'b: 4']);
    expect(sequences(fold, 's2')).toEqual(['c: 5']);
    expect(sequences(fold, 's3')).toEqual([]);
  });

  it('rule 12: hold those that leave until that is settled, and those that wait in a queue', () => {
    const history = new History();
    const { producer } = history.pair();
    const leave = history.unregister(producer);
    const next = history.producer('Q');
    expect(sequences(history.fold())).toEqual(['token: 1', 'token: 2', `token: ${next}`]);
    expect(history.fold().registrationsOf(SESSION)[0]).toMatchObject({ registration: { leavingSequence: leave } });
    history.disconnected(leave);
    expect(sequences(history.fold())).toEqual(['token: 2', `token: ${next}`]);
    history.failed(next);
    expect(sequences(history.fold())).toEqual(['token: 2']);
  });

  it('end with their last registration', () => {
    const history = new History();
    history.producer('P');
    const consumer = history.consumer('C', { session: 's2' });
    history.expire(consumer);
    history.aborted(consumer);
    expect([...history.fold().sessionKeys()]).toEqual(['host-a.s1']);
  });
});

describe('participants', () => {
  it('remember their last request and how it ended', () => {
    const history = new History();
    history.producer('P');
    const consumer = history.consumer('C');
    const memory = () => history.fold().participant('consumer', participant('C'));
    expect(memory()).toEqual({ side: 'consumer', participant: participant('C'), register: { requestId: 'register-C', token: TOKEN, sequence: consumer } });
    history.connected(consumer);
    expect(memory()).toMatchObject({ register: { result: 0 } });
    const leave = history.unregister(consumer);
    expect(memory()).toMatchObject({ unregister: { sequence: leave, settled: false } });
    history.expire(consumer);
    // Whose repeats wait: the first unregister.
    expect(memory()).toMatchObject({ unregister: { sequence: leave, requestId: `requested-${leave}` } });
    history.disconnected(leave);
    expect(memory()).toMatchObject({ unregister: { sequence: leave, settled: true } });
  });

  it('are not confused by an expiry of an earlier registration', () => {
    const history = new History();
    const { producer } = history.pair();
    const leave = history.unregister(producer);
    history.producer('P', { token: 'other', requestId: 'second' });
    history.expire(producer);
    history.disconnected(leave);
    expect(history.fold().participant('producer', participant('P'))).toMatchObject({ register: { requestId: 'second', result: 0 } });
    expect(standingRegistration(history.fold(), 'producer', participant('P'))).toBeDefined();
    expect(decideUnregister(history.fold(), unregisterCommand('producer', 'P', { requestId: 'second', token: 'other' })).kind).toBe('append');
  });

  it('are not hidden by a late copy of an earlier request that is stored behind a newer one', () => {
    const history = new History();
    const newer = history.producer('P', { requestId: '6.b' });
    history.producer('P', { token: 'other', requestId: '4.a' });
    const fold = history.fold();
    expect(fold.participant('producer', participant('P'))).toMatchObject({ register: { requestId: '6.b', token: TOKEN, sequence: newer, result: 0 } });
    expect(decideUnregister(fold, unregisterCommand('producer', 'P', { requestId: '6.b' })).kind).toBe('append');
    expect(fold.registrationsOf(SESSION)).toHaveLength(2);
  });

  it('do not stand once they have failed, or their unregister is in the log', () => {
    const history = new History();
    const { producer } = history.pair();
    history.unregister(producer);
    const fold = history.fold();
    expect(standingRegistration(fold, 'producer', participant('P'))).toBeUndefined();
    expect(standingRegistration(fold, 'consumer', participant('C'))).toBeDefined();
    expect(standingRegistration(fold, 'consumer', participant('stranger'))).toBeUndefined();
  });
});
