import { describe, expect, test } from '@jest/globals';
import type { CallbackRun, EventBody, LogEvent } from '@irqmesh/domain';
import { eventLine, formatClock } from './event-line.ts';

const PARTICIPANT = { host: 'host-a', session: 's1', id: 'vector-3' };
const TOKEN = 'host-a/boot-1/eventfd-33';

function line(body: EventBody, { token = TOKEN, isVoid = false } = {}): string {
  const event: LogEvent = { id: 'id', token, timeMs: 0, source: 'test', body, sequence: 42 };
  return eventLine(event, { time: 'none', isVoid });
}

function run(side: CallbackRun['side'], callback: CallbackRun['callback'], result = 0, durationUs = 12, skipped = false): CallbackRun {
  return { side, callback, result, durationUs, skipped };
}

const PAIR = { producerSequence: 40, consumerSequence: 41, operationSequence: 41 };
const REGISTERED = { participant: PARTICIPANT, callbacks: [], deadlineMs: 5000, requestId: 'r' };
const UNREGISTERED = { registrationSequence: 40, registrationRequestId: 'r', requestId: 'u', participant: PARTICIPANT };

describe('eventLine', () => {
  test('a registration names its host unless the token begins with it', () => {
    expect(line({ type: 'ProducerRegistered', irq: 56, ...REGISTERED })).toBe(`#42 registered   ${TOKEN} producer vector-3 irq 56`);
    expect(line({ type: 'ConsumerRegistered', ...REGISTERED }, { token: 'demo' })).toBe('#42 registered   demo consumer host-a/vector-3');
    expect(line({ type: 'ConsumerRegistered', ...REGISTERED }, { token: 'host-ab/x' })).toContain('consumer host-a/vector-3');
  });

  test('an unregistration tells why', () => {
    const start = `#42 unregistered ${TOKEN} consumer vector-3 (#40)`;
    expect(line({ type: 'ConsumerUnregistered', reason: 'requested', ...UNREGISTERED })).toBe(start);
    expect(line({ type: 'ConsumerUnregistered', reason: 'session_expired', ...UNREGISTERED })).toBe(`${start}: session s1 expired`);
    expect(line({ type: 'ConsumerUnregistered', reason: 'disowned', ...UNREGISTERED })).toBe(`${start}: disowned by its agent`);
  });

  test('a pair event lists its callbacks in order; quiescing is told apart by side', () => {
    const runs = [run('producer', 'stop'), run('consumer', 'stop', 0, 25_000), run('consumer', 'add_producer', 0, 1234), run('consumer', 'start')];
    expect(line({ type: 'PairConnected', ...PAIR, runs })).toBe(`#42 connected    ${TOKEN} #40+#41: P.stop, C.stop 0 (25 ms), add_producer 0 (1.2 ms), C.start`);
    expect(line({ type: 'PairDisconnected', ...PAIR, runs: [run('consumer', 'del_producer', 0, 0, true)] })).toBe(`#42 disconnected ${TOKEN} #40+#41: del_producer skipped`);
  });

  test('a failed and an aborted connect name result and side', () => {
    const failed = line({ type: 'ConnectFailed', ...PAIR, newcomer: 'consumer', result: 66311, runs: [run('consumer', 'add_producer', 66311)] });
    expect(failed).toBe(`#42 failed       ${TOKEN} #40+#41: consumer refused with 66311: add_producer 66311 (12 µs)`);
    expect(line({ type: 'ConnectAborted', ...PAIR, newcomer: 'consumer', gone: ['producer'], runs: [] })).toBe(`#42 aborted      ${TOKEN} #40+#41: producer gone: no callback ran`);
  });

  test('notes', () => {
    const refused: EventBody = { type: 'RegistrationRefused', side: 'producer', participant: PARTICIPANT, result: -16, holderSequence: 7, count: 3 };
    expect(line(refused)).toBe(`#42 refused      ${TOKEN} producer vector-3: -16 (EBUSY), held by #7, 3 times`);
    expect(line({ ...refused, holderSequence: undefined, count: 1 })).toBe(`#42 refused      ${TOKEN} producer vector-3: -16 (EBUSY)`);
    const stalled = line({ type: 'HandshakeStalled', operationSequence: 41, waitingFor: 'consumer', step: 'stop, add_producer', openForMs: 12_000 });
    expect(stalled).toBe(`#42 stalled      ${TOKEN} operation #41 waits for the consumer, stop, add_producer, for 12 s`);
  });

  test('a void event is marked', () => {
    expect(line({ type: 'PairConnected', ...PAIR, runs: [] }, { isVoid: true })).toMatch(/ \(void: it was decided before\)$/);
  });

  test('a token cannot split the line or act on the terminal', () => {
    const shown = line({ type: 'ConsumerRegistered', ...REGISTERED }, { token: 'a b\n\u001b[2J\u009b"\u202e' });
    expect(shown).toBe('#42 registered   "a b\\u{a}\\u{1b}[2J\\u{9b}\\"\\u{202e}" consumer host-a/vector-3');
  });

  test('the clock is local time with milliseconds', () => {
    expect(formatClock(new Date(2026, 0, 2, 3, 4, 5, 6).getTime())).toBe('03:04:05.006');
  });
});
