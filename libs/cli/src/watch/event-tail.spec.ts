import { describe, expect, test } from '@jest/globals';
import type { LogEvent } from '@irqmesh/domain';
import { History } from '@irqmesh/domain/testing';
import { EventTail } from './event-tail.ts';
import { typesOf } from './event-types.ts';
import { FoldedHistories, LookedUpHistories } from './histories.ts';
import type { Histories } from './histories.ts';
import type { Selection } from './selection.ts';

/** Reads of a history written by hand, as a log would answer them. */
class Reads {
  count = 0;
  private readonly events: readonly LogEvent[];

  constructor(events: readonly LogEvent[]) {
    this.events = events;
  }

  readToken(token: string, { fromSequence, limit }: { readonly fromSequence: number; readonly limit: number }): Promise<LogEvent[]> {
    this.count++;
    return Promise.resolve(this.events.filter((event) => event.token === token && event.sequence >= fromSequence).slice(0, limit));
  }
}

/** What a tail that begins at `from` shows: `12` or, for a void event, `12 void`. */
async function shownOf({ events }: History, { from = 1, histories = new FoldedHistories(), ...selection }: Selection & { from?: number; histories?: Histories } = {}): Promise<string[]> {
  const shown: string[] = [];
  const tail = new EventTail(selection, histories, ({ sequence }, isVoid) => shown.push(isVoid ? `${sequence} void` : String(sequence)), (error) => {
    throw error;
  });
  for (const event of events.slice(from - 1)) tail.onEvent(event);
  await new Promise(setImmediate);
  return shown;
}

/** A connect that was settled twice, by an abort after the expiry and by a late success. */
function withVoid(): History {
  const history = new History();
  const producer = history.producer('P');
  const consumer = history.consumer('C');
  history.expire(producer);
  history.aborted(consumer);
  history.connected(consumer);
  return history;
}

describe('EventTail', () => {
  test('marks void pair events, from the beginning of the log and from the middle', async () => {
    const history = withVoid();
    expect(await shownOf(history)).toEqual(['1', '2', '3', '4', '5 void']);
    const reads = new Reads(history.events);
    expect(await shownOf(history, { from: 4, histories: new LookedUpHistories(reads) })).toEqual(['4', '5 void']);
    expect(reads.count).toBe(1);
  });

  test('looks a token up again once it was crowded out', async () => {
    const history = new History();
    for (const token of ['a', 'b', 'a']) history.unregister(history.pair({ token }).consumer);
    const reads = new Reads(history.events);
    await shownOf(history, { histories: new LookedUpHistories(reads, 1) });
    expect(reads.count).toBe(3);
  });

  test('picks by token, type and host', async () => {
    const history = new History();
    history.pair({ token: 'a' });
    const { producer } = history.pair({ token: 'b' });
    history.disconnected(history.unregister(producer));
    history.notes('b');
    expect(await shownOf(history, { token: 'b' })).toEqual(['4', '5', '6', '7', '8', '9', '10']);
    expect(await shownOf(history, { types: typesOf('CONNECTED')! })).toEqual(['3', '6']);
    expect(await shownOf(history, { types: [...typesOf('registered')!, ...typesOf('RegistrationRefused')!] })).toEqual(['1', '2', '4', '5', '9']);
    expect(await shownOf(history, { host: 'host-z' })).toEqual([]);
    expect(await shownOf(history, { host: 'host-a', token: 'b', from: 6, histories: new LookedUpHistories(new Reads(history.events)) })).toEqual(['6', '7', '8', '9', '10']);
  });

  test('a lookup that fails ends the reading', async () => {
    const errors: Error[] = [];
    const failing = new LookedUpHistories({ readToken: () => Promise.reject(new Error('gone')) });
    const tail = new EventTail({}, failing, () => {}, (error) => errors.push(error));
    for (const event of withVoid().events.slice(3)) tail.onEvent(event);
    await new Promise(setImmediate);
    expect(errors.map(({ message }) => message)).toEqual(['gone']);
  });

  test('an unknown type has no meaning', () => expect(typesOf('connect')).toBeUndefined());
});
