import { describe, expect, test } from '@jest/globals';
import { CALLBACKS } from '@irqmesh/domain';
import type { ConsumerRegistered, EventBody } from '@irqmesh/domain';
import { InMemoryEventLog, LogLostDataError } from '@irqmesh/event-log';
import type { LogRecord } from '@irqmesh/protocol';
import { verdictText } from './verdict-text.ts';
import { verifyRecords } from './verify-records.ts';
import type { LogUnderCheck } from './verify-records.ts';

const PARTICIPANT = { host: 'host-a', session: 's1', id: 'irqfd-1' };
const REGISTERED: ConsumerRegistered = { type: 'ConsumerRegistered', participant: PARTICIPANT, callbacks: CALLBACKS.consumer, deadlineMs: 1_000, requestId: 'r1' };
const UNREGISTERED: EventBody = { type: 'ConsumerUnregistered', participant: PARTICIPANT, registrationSequence: 1, registrationRequestId: 'r1', requestId: 'r2', reason: 'requested' };
const NEVER = new AbortController().signal;

/** A consumer that comes and goes under one token. */
async function storedRecords(): Promise<LogRecord[]> {
  const log = new InMemoryEventLog();
  const append = (id: string, body: EventBody, expectedLastSequence: number) => log.append({ event: { id, token: 'a\tb', timeMs: 1, source: 'consumer-registry/1', causationId: id, body }, expectedLastSequence });
  await append('r1', REGISTERED, 0);
  await append('r2', UNREGISTERED, 1);
  await append('r3', { ...REGISTERED, requestId: 'r3' }, 2);
  const records: LogRecord[] = [];
  for await (const record of log.records(1, 3)) records.push(record);
  return records;
}

function under(records: readonly LogRecord[], error?: Error): LogUnderCheck {
  async function* read(): AsyncGenerator<LogRecord> {
    yield* records;
    if (error !== undefined) throw error;
  }
  return { partitions: 16, firstSequence: 1, lastSequence: 3, records: read() };
}

describe('what is told of a log', () => {
  test('in which everything fits: what it holds, and one line', async () => {
    const verdict = await verifyRecords(under(await storedRecords()), 1, NEVER);
    expect(verdict).toMatchObject({ findings: [], complete: true });
    expect(verdictText(verdict)).toBe(`what the log holds               count
events, 1 to 3                       3
  ConsumerRegistered                 2
  ConsumerUnregistered               1
tokens                               1
operations open at the end           0
outcomes made void by an expiry      0
events without a checksum            0
references too old to check          0
events that do not fit               0

verify: ok, 3 events, every one fits
`);
  });

  test('in which an event was changed: which, by what it is seen, and what stood before it', async () => {
    const [first, second, third] = await storedRecords();
    const changed = { ...third!, payload: Uint8Array.from(third!.payload, (byte, at) => (at === third!.payload.length - 1 ? byte ^ 1 : byte)) };
    const text = verdictText(await verifyRecords(under([first!, second!, changed]), 1, NEVER));
    expect(text).toContain('event 3 (ConsumerRegistered "a\\u{9}b") breaks checksum: its checksum is wrong');
    expect(text).toContain('  before it on its token: #1 ConsumerRegistered, #2 ConsumerUnregistered\n');
    expect(text.trimEnd().split('\n').at(-1)).toBe('verify: 1 of 3 events do not fit; the first is event 3 (ConsumerRegistered "a\\u{9}b"): checksum');
  });

  test('of which more does not fit than is named', async () => {
    const [first, second, third] = await storedRecords();
    const wrong = [first!, { ...second!, headers: {} }, { ...third!, headers: {} }];
    expect(verdictText(await verifyRecords(under(wrong), 1, NEVER))).toContain('1 more event does not fit; --all names them');
    const all = await verifyRecords(under(wrong), 100, NEVER);
    expect(all.findings.map(({ sequence, invariant }) => ({ sequence, invariant }))).toEqual([{ sequence: 2, invariant: 'readable' }, { sequence: 3, invariant: 'readable' }]);
    expect(verdictText(all)).not.toContain('more');
  });

  test('that ends too early, or cannot be read to its end', async () => {
    const [first, second] = await storedRecords();
    expect(await verifyRecords(under([first!, second!]), 1, NEVER)).toMatchObject({ complete: true, findings: [{ sequence: 3, invariant: 'order' }] });
    const broken = await verifyRecords(under([first!], new LogLostDataError('the log has lost data: event 2 is missing')), 1, NEVER);
    expect(broken).toMatchObject({ complete: false, findings: [{ sequence: 2, invariant: 'readable', sentence: 'the log has lost data: event 2 is missing' }] });
    expect(verdictText(broken)).toContain('The log cannot be read any further.\n');
  });

  test('is nothing when reading fails or was interrupted', async () => {
    await expect(verifyRecords(under([], new TypeError('a mistake')), 1, NEVER)).rejects.toThrow('a mistake');
    const hanging: LogUnderCheck = { ...under([]), records: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) } };
    const stop = new AbortController();
    const verdict = verifyRecords(hanging, 1, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(verdict).rejects.toThrow('stopped');
  });
});
