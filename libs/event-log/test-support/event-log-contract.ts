import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventKind } from '@irqmesh/domain';
import type { EventBody, EventKind, LogEvent, NewEvent } from '@irqmesh/domain';
import { LogLostDataError, LogUnavailableError, START } from '../src/port.ts';
import type { AppendResult, Checkpoint, EventLog } from '../src/port.ts';
import { anEvent, aNote, aRegistration, anUnregistration } from './events.ts';
import { RecordingReader } from './recording-reader.ts';

/** What a suite runs against: a fresh, empty log, and what can be done to it from outside. */
export interface LogUnderTest {
  readonly log: EventLog;
  /** Whether an append's id is looked at before its expectation; logs differ. */
  readonly idBeforeExpectation: boolean;
  /** Interrupts every connection to the log without losing what is in it; where nothing can be interrupted, nothing. */
  interrupt(): Promise<void>;
  /** Replaces the log by an empty one, as an operator's mistake would. */
  replace(): Promise<EventLog>;
  /** What this log holds open: subscriptions at the server and readers there. */
  openHandles(): Promise<number>;
  dispose(): Promise<void>;
}

const TIMEOUT_MS = 30_000;

/** The contract that every adapter of the EventLog port keeps. */
export function describeEventLog(name: string, makeLog: () => Promise<LogUnderTest>): void {
  describe(`${name} as an EventLog`, () => {
    let under: LogUnderTest;
    let log: EventLog;

    beforeEach(async () => {
      under = await makeLog();
      ({ log } = under);
    }, TIMEOUT_MS);

    afterEach(async () => {
      await log.close();
      await under.dispose();
    }, TIMEOUT_MS);

    async function lastOf(event: NewEvent): Promise<number> {
      return log.leaderLastSequence(event.token, eventKind(event.body.type));
    }

    async function add(event: NewEvent): Promise<number> {
      const result = await log.append({ event, expectedLastSequence: await lastOf(event) });
      if (result.kind !== 'appended') throw new Error('a conflict where none can be');
      return result.sequence;
    }

    async function read(after: Checkpoint = START): Promise<RecordingReader> {
      const reader = new RecordingReader();
      reader.subscription = await log.subscribe(after, reader);
      return reader;
    }

    async function checkpointAt(sequence: number): Promise<Checkpoint> {
      const { createdMs } = await log.identity();
      return { createdMs, sequence, eventId: (await log.read(sequence))!.id };
    }

    describe('append', () => {
      it('gives sequences from 1 in the order of the calls', async () => {
        const events = Array.from({ length: 20 }, (_, at) => anEvent(aRegistration('producer'), { token: `token-${at}` }));
        const results = await Promise.all(events.map((event) => log.append({ event, expectedLastSequence: 0 })));
        expect(results).toEqual(events.map((_, at) => ({ kind: 'appended', sequence: at + 1, duplicate: false })));
      });

      it('tells a conflict when another event of the token and kind came first, and stores nothing', async () => {
        const first = anEvent(aRegistration('producer'));
        expect(await log.append({ event: first, expectedLastSequence: 0 })).toMatchObject({ kind: 'appended', sequence: 1 });
        const second = anEvent(anUnregistration('producer', 1));
        expect(await log.append({ event: second, expectedLastSequence: 0 })).toEqual({ kind: 'conflict' });
        expect(await log.append({ event: second, expectedLastSequence: 7 })).toEqual({ kind: 'conflict' });
        expect((await log.identity()).lastSequence).toBe(1);
        expect(await log.append({ event: second, expectedLastSequence: 1 })).toEqual({ kind: 'appended', sequence: 2, duplicate: false });
      });

      it('lets one of several writers through', async () => {
        const results = await Promise.all(Array.from({ length: 10 }, () => log.append({ event: anEvent(aRegistration('producer')), expectedLastSequence: 0 })));
        expect(results.filter(({ kind }) => kind === 'appended')).toHaveLength(1);
        expect(results.filter(({ kind }) => kind === 'conflict')).toHaveLength(9);
      });

      it('expects per token and kind', async () => {
        await add(anEvent(aRegistration('producer')));
        expect(await add(anEvent(aRegistration('consumer')))).toBe(2);
        expect(await add(anEvent(aRegistration('producer'), { token: 'another' }))).toBe(3);
      });

      it('takes notes without an expectation, and no other event', async () => {
        await add(anEvent(aRegistration('producer')));
        for (const sequence of [2, 3]) expect(await log.append({ event: anEvent(aNote()) })).toMatchObject({ kind: 'appended', sequence });
        await expect(log.append({ event: anEvent(aRegistration('producer')) })).rejects.toThrow('needs an expected last sequence');
        await expect(log.append({ event: anEvent(aNote()), expectedLastSequence: -1 })).rejects.toThrow('is not a sequence to expect');
        expect((await log.identity()).lastSequence).toBe(3);
      });

      it('stores an event once however often it is sent', async () => {
        const event = anEvent(aRegistration('producer'));
        const attempt = (): Promise<AppendResult> => log.append({ event, expectedLastSequence: 0 });
        const duplicate = { kind: 'appended', sequence: 1, duplicate: true };
        expect(await attempt()).toEqual({ kind: 'appended', sequence: 1, duplicate: false });
        expect(await attempt()).toEqual(under.idBeforeExpectation ? duplicate : { kind: 'conflict' });
        expect(await log.append({ event, expectedLastSequence: 1 })).toEqual(duplicate);
        expect((await log.identity()).lastSequence).toBe(1);
      });

      it('may call an event the duplicate of another', async () => {
        const stored = anEvent(aRegistration('producer'));
        await add(stored);
        await add(anEvent(aRegistration('consumer')));
        const other = { ...anEvent(aRegistration('consumer'), { token: 'another' }), id: stored.id };
        const duplicate = { kind: 'appended', sequence: 1, duplicate: true };
        expect(await log.append({ event: other, expectedLastSequence: 4711 })).toEqual(under.idBeforeExpectation ? duplicate : { kind: 'conflict' });
        expect(await log.append({ event: other, expectedLastSequence: 0 })).toEqual(duplicate);
        expect(await log.read(1)).toEqual({ ...stored, sequence: 1 });
      });

      it('does not remember the id of a conflict', async () => {
        const event = anEvent(aRegistration('producer'));
        expect(await log.append({ event, expectedLastSequence: 9 })).toEqual({ kind: 'conflict' });
        expect(await log.append({ event, expectedLastSequence: 0 })).toEqual({ kind: 'appended', sequence: 1, duplicate: false });
      });

      it('refuses an event that no reader would accept', async () => {
        await expect(log.append({ event: anEvent(aRegistration('producer'), { token: '' }), expectedLastSequence: 0 })).rejects.toMatchObject({ errno: -22 });
        expect((await log.identity()).lastSequence).toBe(0);
      });

      it('takes 10,000 appends at once, in order', async () => {
        const events = Array.from({ length: 10_000 }, (_, at) => anEvent(aNote(), { token: `token-${at % 100}` }));
        const results = await Promise.all(events.map((event) => log.append({ event })));
        expect(results.map((result) => (result.kind === 'appended' ? result.sequence : 0))).toEqual(events.map((_, at) => at + 1));
        const reader = await read();
        await reader.caughtUp(1);
        expect(reader.events.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      }, TIMEOUT_MS);
    });

    describe('read', () => {
      it('gives back every kind of event as it was written', async () => {
        const bodies: EventBody[] = [
          aRegistration('producer'), aRegistration('consumer'),
          { type: 'PairConnected', producerSequence: 1, consumerSequence: 2, operationSequence: 2, runs: [{ side: 'consumer', callback: 'add_producer', result: 0, durationUs: 12, skipped: false }] },
          anUnregistration('producer', 1), aNote(),
        ];
        const events = bodies.map((body) => anEvent(body, { causationId: 'cause', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }));
        for (const event of events) await add(event);
        for (const [at, event] of events.entries()) expect(await log.read(at + 1)).toEqual({ ...event, sequence: at + 1 });
      });

      it('knows nothing at other sequences', async () => {
        await add(anEvent(aRegistration('producer')));
        for (const sequence of [0, -1, 2, 1.5, 1_000_000]) expect(await log.read(sequence)).toBeUndefined();
      });
    });

    describe('a token', () => {
      const token = 'host-a/boot-1/eventfd-42 ü.*>';
      const kindsOf = async (): Promise<number[]> => Promise.all((['producer', 'consumer', 'pair', 'note'] as EventKind[]).map((kind) => log.leaderLastSequence(token, kind)));

      it('has a last sequence of each kind and of all', async () => {
        expect(await log.leaderLastSequence(token)).toBe(0);
        expect(await kindsOf()).toEqual([0, 0, 0, 0]);
        await add(anEvent(aRegistration('producer'), { token }));
        await add(anEvent(aRegistration('producer'), { token: 'another' }));
        await add(anEvent(aRegistration('consumer'), { token }));
        await add(anEvent(anUnregistration('producer', 1), { token }));
        await add(anEvent(aNote(), { token }));
        expect(await kindsOf()).toEqual([4, 3, 0, 5]);
        expect(await log.leaderLastSequence(token)).toBe(5);
        await add(anEvent(aRegistration('producer'), { token: 'another one' }));
        expect(await log.leaderLastSequence(token)).toBe(5);
      });

      it('has its own events, read from a sequence up to a limit', async () => {
        for (let round = 0; round < 20; round++) {
          await add(anEvent(aNote(), { token }));
          await add(anEvent(aNote(), { token: 'another' }));
        }
        const sequences = (events: readonly LogEvent[]): number[] => events.map(({ sequence }) => sequence);
        const all = await log.readToken(token, { fromSequence: 1, limit: 10_000 });
        expect(sequences(all)).toEqual(Array.from({ length: 20 }, (_, at) => 2 * at + 1));
        expect(all.every((event) => event.token === token)).toBe(true);
        expect(sequences(await log.readToken(token, { fromSequence: 0, limit: 2 }))).toEqual([1, 3]);
        expect(sequences(await log.readToken(token, { fromSequence: 6, limit: 3 }))).toEqual([7, 9, 11]);
        expect(await log.readToken(token, { fromSequence: 40, limit: 3 })).toEqual([]);
        expect(await log.readToken('unheard of', { fromSequence: 1, limit: 3 })).toEqual([]);
        for (const limit of [0, 10_001, 1.5]) await expect(log.readToken(token, { fromSequence: 1, limit })).rejects.toThrow(RangeError);
      });

      it('may have more events than one request brings', async () => {
        await Promise.all(Array.from({ length: 2500 }, () => log.append({ event: anEvent(aNote(), { token }) })));
        const events = await log.readToken(token, { fromSequence: 2, limit: 2200 });
        expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 2200 }, (_, at) => at + 2));
      }, TIMEOUT_MS);
    });

    describe('subscribe', () => {
      it('catches up at once where there is nothing', async () => {
        const reader = await read();
        await reader.caughtUp(1);
        expect(reader.trace()).toEqual(['caught up']);
      });

      it('delivers all there is, says so, and goes on with what comes', async () => {
        for (let at = 0; at < 3; at++) await add(anEvent(aNote()));
        const reader = await read();
        await reader.caughtUp(1);
        expect(reader.trace()).toEqual([1, 2, 3, 'caught up']);
        for (let at = 0; at < 3; at++) await add(anEvent(aNote()));
        await reader.sequence(6);
        expect(reader.trace()).toEqual([1, 2, 3, 'caught up', 4, 5, 6]);
        expect(reader.events[5]).toEqual(await log.read(6));
      });

      it('starts after a checkpoint', async () => {
        for (let at = 0; at < 5; at++) await add(anEvent(aNote()));
        const reader = await read(await checkpointAt(3));
        await reader.caughtUp(1);
        expect(reader.trace()).toEqual([4, 5, 'caught up']);
        const atEnd = await read(await checkpointAt(5));
        await atEnd.caughtUp(1);
        await add(anEvent(aNote()));
        await atEnd.sequence(6);
        expect(atEnd.trace()).toEqual(['caught up', 6]);
      });

      it('serves several readers, each in order from its own place', async () => {
        for (let at = 0; at < 50; at++) await add(anEvent(aNote()));
        const readers = await Promise.all([read(), read(), read(await checkpointAt(25))]);
        const live = Array.from({ length: 50 }, () => log.append({ event: anEvent(aNote()) }));
        await Promise.all([...live, ...readers.map((reader) => reader.sequence(100))]);
        const upTo100 = (first: number): number[] => Array.from({ length: 101 - first }, (_, at) => first + at);
        expect(readers.map((reader) => reader.events.map(({ sequence }) => sequence))).toEqual([upTo100(1), upTo100(1), upTo100(26)]);
      });

      it('delivers nothing after close, which may be called again', async () => {
        const reader = await read();
        await reader.caughtUp(1);
        await reader.subscription!.close();
        await add(anEvent(aNote()));
        const other = await read();
        await other.sequence(1);
        await reader.subscription!.close();
        expect(reader.trace()).toEqual(['caught up']);
      });

      it('can be closed from within', async () => {
        for (let at = 0; at < 5; at++) await add(anEvent(aNote()));
        const reader = await read();
        await reader.caughtUp(1);
        const closing = new RecordingReader((event) => void (event.sequence === 7 && closing.subscription!.close()));
        closing.subscription = await log.subscribe(await checkpointAt(5), closing);
        for (let at = 0; at < 5; at++) await add(anEvent(aNote()));
        await reader.sequence(10);
        await closing.subscription.close();
        expect(closing.trace().filter((step) => step !== 'caught up')).toEqual([6, 7]);
      });

      it('ends with what the reader throws', async () => {
        for (let at = 0; at < 3; at++) await add(anEvent(aNote()));
        const failing = new RecordingReader((event) => {
          if (event.sequence === 2) throw new Error('a fold failed');
        });
        failing.subscription = await log.subscribe(START, failing);
        expect(await failing.end()).toEqual(new Error('a fold failed'));
        await add(anEvent(aNote()));
        const other = await read();
        await other.sequence(4);
        expect(failing.trace()).toEqual([1, 2, 'end: a fold failed']);
      });

      it('goes on where it was after an interruption, and says again when it has caught up', async () => {
        await add(anEvent(aNote()));
        const reader = await read();
        await reader.caughtUp(1);
        await under.interrupt();
        await add(anEvent(aNote()));
        await add(anEvent(aNote()));
        await reader.sequence(3);
        expect(reader.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
        expect(await lastOf(anEvent(aNote()))).toBe(3);
      }, TIMEOUT_MS);
    });

    describe('a log that lost data', () => {
      async function lostWith(after: Checkpoint, why: string): Promise<void> {
        const subscribing = log.subscribe(after, new RecordingReader());
        await expect(subscribing).rejects.toThrow(LogLostDataError);
        await expect(subscribing).rejects.toThrow(why);
      }

      it('is noticed when reading starts', async () => {
        await add(anEvent(aNote()));
        await add(anEvent(aNote()));
        const good = await checkpointAt(1);
        await lostWith({ ...good, sequence: 3 }, 'ends at sequence 2');
        await lostWith({ ...good, sequence: 2 }, `event ${good.eventId} stood there`);
        await lostWith({ ...good, createdMs: good.createdMs + 1 }, 'it was made at');
        await lostWith({ ...good, createdMs: good.createdMs + 1, sequence: 0, eventId: '' }, 'it was made at');
        const { createdMs } = await log.identity();
        const reader = await read({ createdMs, sequence: 0, eventId: '' });
        await reader.caughtUp(1);
        expect(reader.trace()).toEqual([1, 2, 'caught up']);
      });

      it('is noticed when it was replaced by another', async () => {
        await add(anEvent(aNote()));
        const before = await checkpointAt(1);
        await log.close();
        log = await under.replace();
        await add(anEvent(aNote()));
        await expect(log.subscribe(before, new RecordingReader())).rejects.toThrow(LogLostDataError);
        expect(await log.leaderLastSequence('token')).toBe(1);
      }, TIMEOUT_MS);
    });

    describe('close', () => {
      it('leaves nothing open', async () => {
        const before = await under.openHandles();
        const readers = await Promise.all([read(), read(), read()]);
        await Promise.all(readers.map((reader) => reader.caughtUp(1)));
        await add(anEvent(aNote()));
        await log.readToken('token', { fromSequence: 1, limit: 10 });
        await Promise.all(readers.map((reader) => reader.subscription!.close()));
        expect(await under.openHandles()).toBe(before);
        await read();
        await log.close();
        expect(await under.openHandles()).toBe(0);
      });

      it('waits for appends under way, and takes no more', async () => {
        const appends = Array.from({ length: 100 }, () => log.append({ event: anEvent(aNote()) }));
        let settled = 0;
        for (const append of appends) void append.then(() => settled++);
        await log.close();
        expect(settled).toBe(100);
        await expect(log.append({ event: anEvent(aNote()) })).rejects.toThrow(LogUnavailableError);
        await expect(log.subscribe(START, new RecordingReader())).rejects.toThrow(LogUnavailableError);
        await log.close();
      });

      it('ends readers without a word', async () => {
        const reader = await read();
        await reader.caughtUp(1);
        await log.close();
        expect(reader.trace()).toEqual(['caught up']);
      });
    });
  });
}
