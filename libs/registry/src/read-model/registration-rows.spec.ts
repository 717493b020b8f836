import { describe, expect, it } from '@jest/globals';
import type { Action } from '../../test-support/fold-histories.ts';
import { FoldHistory } from '../../test-support/fold-histories.ts';
import { newestOf, registrationRows } from './registration-rows.ts';

/** What is left of a token's rows after these actions: side, participant, state and the peer's participant. */
function rowsAfter(...actions: readonly Partial<Action>[]) {
  const history = new FoldHistory();
  for (const action of actions) history.perform({ kind: 'register', side: 'producer', who: 0, token: 'a', result: 0, ...action });
  return registrationRows(history.fold.token('a'));
}

function told(rows: ReturnType<typeof rowsAfter>) {
  return rows.map(({ registration, state, peer }) => [registration.side, registration.participant.id, state, peer?.participant.id]);
}

const consumer = { side: 'consumer', who: 1 } as const;
const settle = { kind: 'settle' } as const;
const leave = { kind: 'unregister' } as const;

describe('registrationRows', () => {
  it('says that a registration without a partner waits', () => {
    expect(told(rowsAfter({}))).toEqual([['producer', 'p0', 'waiting', undefined]]);
  });

  it('says that a newcomer is registering until its connect is settled', () => {
    expect(told(rowsAfter({}, consumer))).toEqual([
      ['producer', 'p0', 'waiting', undefined],
      ['consumer', 'p1', 'registering', undefined],
    ]);
  });

  it('names the peers of a pair', () => {
    expect(told(rowsAfter(consumer, {}, settle))).toEqual([
      ['consumer', 'p1', 'connected', 'p0'],
      ['producer', 'p0', 'connected', 'p1'],
    ]);
  });

  it('says that a registration is leaving, and has its peer, until the disconnect is settled', () => {
    expect(told(rowsAfter({}, consumer, settle, leave))).toEqual([
      ['producer', 'p0', 'leaving', 'p1'],
      ['consumer', 'p1', 'connected', 'p0'],
    ]);
    expect(told(rowsAfter({}, consumer, settle, leave, settle))).toEqual([['consumer', 'p1', 'waiting', undefined]]);
  });

  it('says that a registration in the queue is leaving once its unregister is in the log', () => {
    expect(told(rowsAfter({}, consumer, { ...consumer, ...leave }))).toEqual([
      ['producer', 'p0', 'waiting', undefined],
      ['consumer', 'p1', 'leaving', undefined],
    ]);
  });

  it('holds the one that leaves and the one that comes after it, of which the newest is the latter', () => {
    const rows = rowsAfter({}, consumer, settle, leave, { who: 2 });
    expect(told(rows)).toEqual([
      ['producer', 'p0', 'leaving', 'p1'],
      ['consumer', 'p1', 'connected', 'p0'],
      ['producer', 'p2', 'registering', undefined],
    ]);
    expect(newestOf(rows, 'producer')!.registration.participant.id).toBe('p2');
    expect(newestOf(rows, 'consumer')!.registration.participant.id).toBe('p1');
  });
});
