import { describe, expect, it } from '@jest/globals';
import { describeEventLog } from '../test-support/event-log-contract.ts';
import { aNote, anEvent } from '../test-support/events.ts';
import { RecordingReader } from '../test-support/recording-reader.ts';
import { InMemoryEventLog } from './in-memory-event-log.ts';
import { START } from './port.ts';

for (const idBeforeExpectation of [true, false]) {
  describeEventLog(`InMemoryEventLog (${idBeforeExpectation ? 'id' : 'expectation'} first)`, async () => ({
    log: new InMemoryEventLog({ idBeforeExpectation }),
    idBeforeExpectation,
    interrupt: async () => undefined,
    replace: async () => new InMemoryEventLog({ createdMs: 2 }),
    openHandles: async () => 0,
    dispose: async () => undefined,
  }));
}

describe('InMemoryEventLog', () => {
  it('delivers in microtasks only: a simulated clock need not move', async () => {
    const log = new InMemoryEventLog();
    const reader = new RecordingReader();
    await log.subscribe(START, reader);
    await log.append({ event: anEvent(aNote()) });
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
    expect(reader.trace()).toEqual(['caught up', 1]);
  });

  it('decides an append at the call', () => {
    const log = new InMemoryEventLog();
    void log.append({ event: anEvent(aNote()) });
    void log.append({ event: anEvent(aNote()) });
    return expect(log.identity()).resolves.toEqual({ createdMs: 1, firstSequence: 1, lastSequence: 2 });
  });

  it('forgets the oldest ids beyond those it is to remember', async () => {
    const log = new InMemoryEventLog({ rememberedIds: 2 });
    const events = [1, 2, 3].map(() => anEvent(aNote()));
    for (const event of events) await log.append({ event });
    expect(await log.append({ event: events[1]! })).toEqual({ kind: 'appended', sequence: 2, duplicate: true });
    expect(await log.append({ event: events[0]! })).toEqual({ kind: 'appended', sequence: 4, duplicate: false });
  });
});
