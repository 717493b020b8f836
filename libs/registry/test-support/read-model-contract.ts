import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Fold, isIdle, nextOperation, participantKey, SIDES, withNothingSettled } from '@irqmesh/domain';
import type { FoldSnapshot, ParticipantMemory, TokenState } from '@irqmesh/domain';
import type { ReadModel, ReadModelBatch, RegistrationQuery, RegistrationRow } from '../src/read-model/port.ts';
import { newestOf, registrationRows } from '../src/read-model/registration-rows.ts';
import { action, FoldHistory, HOSTS, TOKENS } from './fold-histories.ts';
import type { Action } from './fold-histories.ts';

/** One read model to test, and how its process would end and start again. */
export interface ReadModelUnderTest {
  readonly model: ReadModel;
  /** Closes it and opens what it stored. */
  reopen(): Promise<ReadModel>;
  dispose(): Promise<void>;
}

/** What every read model does. `numRuns` histories are tried. */
export function readModelContract(make: (options: { readonly restingLimit: number }) => Promise<ReadModelUnderTest>, numRuns: number): void {
  const RESTING_LIMIT = 100;
  let subject: ReadModelUnderTest;

  beforeEach(async () => {
    subject = await make({ restingLimit: RESTING_LIMIT });
  });
  afterEach(() => subject.dispose());

  it('is empty at first', async () => {
    const { model } = subject;
    expect(await model.load()).toBeUndefined();
    expect(await model.list({ side: 'producer', afterSequence: 0, limit: 10 })).toEqual([]);
    expect(await model.get('consumer', 'a')).toBeUndefined();
  });

  it('gives back the fold that was written, whatever happened in it and however it was cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(action, { maxLength: 15 }), { minLength: 1, maxLength: 8 }), fc.array(action, { maxLength: 15 }), async (stretches, later) => {
        await subject.model.reset();
        const history = new FoldHistory();
        for (const stretch of stretches) await subject.model.write(perform(history, stretch));
        const stored = (await (await subject.reopen()).load())!;
        const { checkpoint } = history.takeBatch();
        expect(stored.checkpoint).toEqual(checkpoint);
        const restored = Fold.restore(stored.snapshot);
        expect(comparable(restored.snapshot())).toEqual(comparable(history.fold.snapshot()));
        expectSameSessions(restored, history.fold);
        expectSameFuture(restored, history, later);
      }),
      { numRuns },
    );
  });

  it('lists and gets what the fold holds, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (actions, limit) => {
        await subject.model.reset();
        const history = new FoldHistory();
        for (const stretch of [actions.slice(0, 30), actions.slice(30)]) await subject.model.write(perform(history, stretch));
        const { model } = subject;
        const rows = [...history.fold.tokens()].flatMap(registrationRows);
        for (const side of SIDES) {
          for (const token of TOKENS) expect(await model.get(side, token)).toEqual(newestOf(registrationRows(history.fold.token(token)), side));
          for (const host of [undefined, ...HOSTS, 'h3']) {
            for (const tokenPrefix of [undefined, '', 'a', 'a\u0000', "a'%_\"", '\u{10ffff}', 'ab']) {
              const query = { side, host, tokenPrefix, limit };
              expect(await allPages(model, query)).toEqual(expectedRows(rows, query));
            }
          }
        }
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  });

  it('stores a batch with its checkpoint or not at all', async () => {
    const { model } = subject;
    const history = new FoldHistory();
    await model.write(perform(history, [register('producer', 0, 'a'), register('consumer', 1, 'b')]));
    const before = await model.load();

    const next = perform(history, [register('consumer', 1, 'a'), settle('a'), register('producer', 2, 'b')]);
    const unreadable = { ...next.participants[0]!, get register(): never { throw new Error('no more power') } };
    await expect(model.write({ ...next, participants: [...next.participants, unreadable] })).rejects.toThrow('no more power');
    expect(await model.load()).toEqual(before);
    expect(await (await subject.reopen()).load()).toEqual(before);
  });

  it('stores a checkpoint that changed nothing', async () => {
    const { model } = subject;
    const history = new FoldHistory();
    await model.write(perform(history, [register('producer', 0, 'a')]));
    const batch = perform(history, [{ ...register('producer', 1, 'a'), kind: 'note' }]);
    await model.write({ ...batch, tokens: [] });
    const { checkpoint, snapshot } = (await model.load())!;
    expect(checkpoint).toEqual({ createdMs: batch.checkpoint.createdMs, sequence: 2, eventId: 'e2' });
    expect(snapshot.position).toBe(2);
    expect(snapshot.tokens).toHaveLength(1);
  });

  it('removes tokens that have become idle', async () => {
    const { model } = subject;
    const history = new FoldHistory();
    await model.write(perform(history, [register('producer', 0, 'a'), register('consumer', 1, 'a'), settle('a'), register('producer', 2, 'a/b')]));
    await model.write(perform(history, [unregister('consumer', 1), settle('a'), unregister('producer', 0)]));
    expect(isIdle(history.fold.token('a'))).toBe(true);
    const { snapshot } = (await model.load())!;
    expect(snapshot.tokens.map(({ token }) => token)).toEqual(['a/b']);
    expect(await model.get('producer', 'a')).toBeUndefined();
    expect(await allPages(model, { side: 'producer', limit: 10 })).toHaveLength(1);
  });

  it('refuses a batch that goes back or is of another log, and takes one again after a reset', async () => {
    const { model } = subject;
    const history = new FoldHistory();
    const first = perform(history, [register('producer', 0, 'a')]);
    const second = perform(history, [register('consumer', 1, 'a')]);
    await model.write(first);
    await model.write(second);
    const before = await model.load();
    await expect(model.write(first)).rejects.toThrow(RangeError);
    const ofAnotherLog = { ...second, checkpoint: { ...second.checkpoint, createdMs: 1 } };
    await expect(model.write(ofAnotherLog)).rejects.toThrow(RangeError);
    expect(await model.load()).toEqual(before);

    await model.reset();
    expect(await model.load()).toBeUndefined();
    expect(await allPages(model, { side: 'producer', limit: 10 })).toEqual([]);
    await model.write(ofAnotherLog);
    expect((await model.load())!.checkpoint).toEqual(ofAnotherLog.checkpoint);
  });

  it('keeps the participants that came to rest last, and no others for ever', async () => {
    const { model } = subject;
    const batches = 20;
    const perBatch = 1_000;
    for (let batch = 0; batch < batches; batch++) await model.write(restingBatch(batch * perBatch, perBatch));
    const { participants } = (await model.load())!.snapshot;
    const ids = participants.map(({ participant }) => Number(participant.id));
    const newest = Array.from({ length: RESTING_LIMIT }, (_, index) => batches * perBatch - RESTING_LIMIT + index);
    expect(ids.slice(-RESTING_LIMIT)).toEqual(newest);
    expect(ids.length).toBeLessThan((batches * perBatch) / 2);
  });
}

function perform(history: FoldHistory, actions: readonly Action[]): ReadModelBatch {
  for (const one of actions) history.perform(one);
  return history.takeBatch();
}

function register(side: Action['side'], who: number, token: string): Action {
  return { kind: 'register', side, who, token, result: 0 };
}

function unregister(side: Action['side'], who: number): Action {
  return { kind: 'unregister', side, who, token: '', result: 0 };
}

function settle(token: string): Action {
  return { kind: 'settle', side: 'producer', who: 0, token, result: 0 };
}

/** A snapshot without its order: what one event brings to rest at once may come back in another one. */
function comparable({ position, tokens, participants }: FoldSnapshot) {
  return {
    position,
    tokens: new Map(tokens.map((state) => [state.token, withNothingSettled(state)])),
    participants: new Map(participants.map((memory) => [participantKey(memory.side, memory.participant), memory])),
  };
}

function expectSameSessions(restored: Fold, direct: Fold): void {
  expect(new Set(restored.sessionKeys())).toEqual(new Set(direct.sessionKeys()));
  for (const host of HOSTS) {
    const sequences = (fold: Fold) => fold.registrationsOf({ host, session: 's1' }).map(({ registration }) => registration.sequence).sort((a, b) => a - b);
    expect(sequences(restored)).toEqual(sequences(direct));
  }
}

/** Folds on with both: but for where an idle token's events ended, which is not stored, nothing may tell them apart. */
function expectSameFuture(restored: Fold, history: FoldHistory, later: readonly Action[]): void {
  const known = history.events.length;
  perform(history, later);
  for (const event of history.events.slice(known)) restored.apply(event);
  const direct = history.fold;
  for (const token of TOKENS) {
    expect(withoutLast(restored.token(token))).toEqual(withoutLast(direct.token(token)));
    expect(nextOperation(restored.token(token))).toEqual(nextOperation(direct.token(token)));
  }
  expect(comparable(restored.snapshot()).participants).toEqual(comparable(direct.snapshot()).participants);
}

function withoutLast(state: TokenState): Omit<TokenState, 'lastSequence' | 'settled'> {
  const { lastSequence: _last, settled: _settled, ...rest } = state;
  return rest;
}

async function allPages(model: ReadModel, query: Omit<RegistrationQuery, 'afterSequence'>): Promise<RegistrationRow[]> {
  const rows: RegistrationRow[] = [];
  for (;;) {
    const page = await model.list({ ...query, afterSequence: rows.at(-1)?.registration.sequence ?? 0 });
    expect(page.length).toBeLessThanOrEqual(query.limit);
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}

function expectedRows(rows: readonly RegistrationRow[], { side, host, tokenPrefix = '' }: Omit<RegistrationQuery, 'afterSequence'>): RegistrationRow[] {
  return rows
    .filter(({ token, registration }) => registration.side === side && token.startsWith(tokenPrefix) && (host ?? registration.participant.host) === registration.participant.host)
    .sort((a, b) => a.registration.sequence - b.registration.sequence);
}

/** A batch of participants that were refused, with ids that go on from the batch before. */
function restingBatch(from: number, count: number): ReadModelBatch {
  const participants = Array.from({ length: count }, (_, index): ParticipantMemory => {
    const id = from + index;
    const register = { requestId: `r${id}`, token: `t${id}`, sequence: id + 1, result: -22 };
    return { side: 'producer', participant: { host: 'h', session: 's', id: String(id) }, register };
  });
  return { checkpoint: { createdMs: 1, sequence: from + count, eventId: '' }, tokens: [], participants };
}
