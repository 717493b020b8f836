import { describe, expect, test } from '@jest/globals';
import { CALLBACKS, Errno } from '@irqmesh/domain';
import { participant } from '@irqmesh/domain/testing';
import { expectBroken, expectSound, findings } from '../../test-support/expect-log.ts';
import { LogWriter, written } from '../../test-support/log-writer.ts';
import { LogVerifier } from './log-verifier.ts';
import type { ReadableEntry } from './entry.ts';

const TOKEN = 'token';

describe('a log as the services write it', () => {
  test('with connects, failures, disconnects, expiries and notes is sound, and summed up', () => {
    const log = new LogWriter();
    const { producer } = log.pair();
    log.unregister(producer);
    log.settle();
    log.register('producer', 'P2');
    log.settle(TOKEN, { 'consumer.add_producer': 66_311 });
    log.append(TOKEN, { type: 'RegistrationRefused', side: 'consumer', participant: participant('C9'), result: Errno.EBUSY, holderSequence: 2, count: 3 });
    log.pair('other');
    log.append('other', { type: 'HandshakeStalled', operationSequence: log.entries.length - 1, waitingFor: 'consumer', step: 'stop', openForMs: 10_000 });
    log.expire(log.entries.length - 3);
    log.settle('other');
    const verifier = new LogVerifier();
    for (const entry of log.entries) expect(verifier.add(entry)).toBeUndefined();
    expect(verifier.finish()).toEqual({
      events: 14, firstSequence: 1, lastSequence: 14, tokens: 2, openOperations: 0, voidOutcomes: 0, withoutChecksum: 0, notChecked: 0, findings: 0,
      byType: { ProducerRegistered: 3, ConsumerRegistered: 2, PairConnected: 2, ProducerUnregistered: 2, PairDisconnected: 2, ConnectFailed: 1, RegistrationRefused: 1, HandshakeStalled: 1 },
    });
  });

  test.each([
    ['a stop of the producer', { 'producer.stop': -110 }],
    ['a stop of the consumer', { 'consumer.stop': -5 }],
    ['add_consumer', { 'producer.add_consumer': -12 }],
    ['add_producer, and then del_consumer too', { 'consumer.add_producer': 66_311, 'producer.del_consumer': -1 }],
  ] as const)('may have a connect failed by %s', (_what, results) => {
    expectSound(written((log) => {
      log.register('consumer', 'C');
      log.register('producer', 'P');
      log.settle(TOKEN, results);
    }));
  });

  test('may have a start that failed in a connect, and any failure in a disconnect', () => {
    expectSound(written((log) => {
      const consumer = log.register('consumer', 'C');
      log.register('producer', 'P');
      log.settle(TOKEN, { 'producer.start': -5 });
      log.unregister(consumer);
      log.settle(TOKEN, { 'producer.stop': -110, 'consumer.del_producer': -5 });
    }));
  });

  test('may have an expiry behind an unregister, and a newcomer where the holder leaves', () => {
    expectSound(written((log) => {
      const { producer } = log.pair();
      log.unregister(producer);
      log.expire(producer);
      log.register('producer', 'P2');
      log.settle();
    }));
  });

  test('may have an unregister of a newcomer that a failed connect has just removed', () => {
    expectSound(written((log) => {
      log.register('consumer', 'C');
      const producer = log.register('producer', 'P');
      log.settle(TOKEN, { 'producer.add_consumer': -12 });
      log.unregister(producer);
    }));
  });

  test('may begin at any sequence', () => {
    const verifier = new LogVerifier();
    const [entry] = written((log) => void log.register('consumer', 'C')).entries as ReadableEntry[];
    expect(verifier.add({ ...entry!, sequence: 1_000, event: { ...entry!.event, sequence: 1_000 } })).toBeUndefined();
    expect(verifier.finish()).toMatchObject({ firstSequence: 1_000, lastSequence: 1_000 });
  });
});

describe('order, checksum, subject and id', () => {
  const pair = written((log) => void log.pair()).entries as ReadableEntry[];

  test('a gap names what is missing', () => {
    expect(findings([pair[0]!, pair[2]!])[0]).toMatchObject({ sequence: 3, invariant: 'order', sentence: 'it follows event 1: event 2 is missing', type: 'PairConnected', before: [{ sequence: 1, type: 'ProducerRegistered' }] });
    expect(findings([pair[0]!, { ...pair[2]!, sequence: 9 }])[0]).toMatchObject({ sentence: 'it follows event 1: events 2 to 8 are missing' });
  });

  test('a log that begins later or ends earlier than it is said to', () => {
    const verifier = new LogVerifier({ firstSequence: 1 });
    expect(verifier.checkEnd(0)).toBeUndefined();
    expect(verifier.add({ ...pair[0]!, sequence: 2 })).toMatchObject({ sequence: 2, invariant: 'order', sentence: 'the log begins with it, and it is said to begin with event 1' });
    expect(verifier.checkEnd(2)).toBeUndefined();
    expect(verifier.checkEnd(4)).toMatchObject({ sequence: 3, invariant: 'order', sentence: 'the log ends with event 2, and it is said to go on to event 4' });
    expect(verifier.finish()).toMatchObject({ findings: 2 });
  });

  test('a sequence that goes back is named, and its event counts for nothing', () => {
    expect(findings([pair[0]!, pair[1]!, pair[0]!, pair[2]!])).toEqual([expect.objectContaining({ sequence: 1, invariant: 'order', sentence: 'it follows event 2' })]);
  });

  test('what is no event is named with the reason', () => {
    expect(findings([{ sequence: 1, unreadable: 'its payload is empty' }])).toEqual([expect.objectContaining({ invariant: 'readable', sentence: 'its payload is empty' })]);
  });

  test('a wrong checksum; and none where the writer had given them', () => {
    expectBroken(written((log) => void log.append(TOKEN, registered('P'), { checksum: 'wrong' })), 'checksum', /^its checksum is wrong/);
    const log = new LogWriter();
    log.append(TOKEN, registered('P'), { checksum: 'absent' });
    log.unregister(1);
    expectSound(log);
    log.append(TOKEN, registered('P2'), { checksum: 'absent' });
    expectBroken(log, 'checksum', 'it has no checksum, and its writer producer/1 gives them since event 2');
  });

  test('a contradiction of subject and headers', () => {
    expectBroken(written((log) => void log.append(TOKEN, registered('P'), { contradiction: 'its subject is another' })), 'subject', 'its subject is another');
  });

  test('an id that was there before, but for a stall, which every matcher may note', () => {
    const log = new LogWriter();
    log.register('consumer', 'C');
    log.register('producer', 'P');
    const stalled = { type: 'HandshakeStalled', operationSequence: 2, waitingFor: 'consumer', step: 'stop', openForMs: 10_000 } as const;
    log.append(TOKEN, stalled, { event: { id: 'stall:2' } });
    log.append(TOKEN, stalled, { event: { id: 'stall:2' } });
    expectSound(log);
    log.append(TOKEN, log.outcome(), { event: { id: 'event-1' } });
    expectBroken(log, 'id', 'its id event-1 is that of event 1');
  });
});

describe('chain and causation', () => {
  test.each([
    [0, 'it expects none as the last producer event of its token, which is event 1'],
    [7, 'it expects event 7 as the last producer event of its token, which is event 1'],
    [undefined, 'it does not say which event it expects before it'],
  ])('an event that expects %s', (expectedLastSequence, sentence) => {
    const log = new LogWriter();
    log.register('producer', 'P');
    log.unregister(1);
    log.entries[1] = { ...(log.entries[1] as ReadableEntry), expectedLastSequence };
    expectBroken(log, 'chain', sentence);
  });

  test('a note expects nothing', () => {
    const note = { type: 'RegistrationRefused', side: 'producer', participant: participant('P'), result: Errno.ENOMEM, count: 1 } as const;
    expectBroken(written((log) => void log.append(TOKEN, note, { expectedLastSequence: 0 })), 'chain', 'it is a note and expects an event before it');
    expectSound(written((log) => void log.append(TOKEN, note)));
    expectBroken(written((log) => void log.append(TOKEN, note, { event: { causationId: undefined } })), 'causation', 'it names nothing as its cause, which is a request');
  });

  test('each kind of event names its cause', () => {
    const log = new LogWriter();
    log.append(TOKEN, registered('P'), { event: { causationId: 'another' } });
    expectBroken(log, 'causation', 'it names another as its cause, which is register-P');
    const pair = written((other) => void other.pair());
    pair.append(TOKEN, { ...expiryOf(pair, 1), requestId: 'expiry-1' }, { event: { causationId: 'expiry-1' } });
    expectBroken(pair, 'causation', 'it names expiry-1 as its cause, which is 1');
    const connect = written((other) => {
      other.register('consumer', 'C');
      other.register('producer', 'P');
    });
    connect.append(TOKEN, connect.outcome(), { event: { causationId: '1' } });
    expectBroken(connect, 'causation', 'it names 1 as its cause, which is 2');
  });
});

describe('registrations', () => {
  test('the token has such a side already', () => {
    expectBroken(written((log) => {
      log.register('producer', 'P');
      log.register('producer', 'P2');
    }), 'registration', 'its token had a producer already, registered by event 1');
  });

  test('the participant is registered already, or the request was taken', () => {
    const log = written((other) => void other.register('producer', 'P'));
    log.register('producer', 'P', { token: 'other', requestId: 'r2' });
    expectBroken(log, 'registration', 'producer host-a/s1/P was registered already, by event 1');
    const lenient = new LogVerifier({ lateCopies: true });
    expect(log.entries.map((entry) => lenient.add(entry))).toEqual([undefined, undefined]);
    expectBroken(written((other) => {
      other.register('producer', 'P');
      other.unregister(1);
      other.register('producer', 'P');
    }), 'registration', 'request register-P of producer host-a/s1/P was taken by event 1');
  });

  test('a consumer without its connecting callbacks', () => {
    expectBroken(written((log) => void log.register('consumer', 'C', { callbacks: ['stop', 'start', 'add_producer'] })), 'registration', 'a consumer must supply both');
  });

  test('what is unregistered is there, and it is the participant\'s', () => {
    const log = (): LogWriter => written((other) => void other.pair());
    const broken = (change: object, sentence: string): void => {
      const other = log();
      other.append(TOKEN, { ...expiryOf(other, 1), ...change });
      expectBroken(other, 'unregistration', sentence);
    };
    broken({ registrationSequence: 2 }, 'it ends registration 2, which its token does not have as a producer');
    broken({ participant: participant('P9') }, 'it ends registration 1 for host-a/s1/P9, whose it is not: it is that of host-a/s1/P-token');
    broken({ registrationRequestId: 'x' }, 'it ends registration 1 by request id x, which is register-P-token');
  });

  test('nothing ends twice: not by request, not by expiry', () => {
    const log = written((other) => void other.pair());
    log.unregister(1);
    log.unregister(1);
    expectBroken(log, 'unregistration', 'registration 1 was unregistered before, by event 4');
    const expired = written((other) => void other.pair());
    expired.expire(1);
    expired.expire(1);
    expectBroken(expired, 'unregistration', 'registration 1 was expired before');
    const gone = written((other) => void other.pair());
    gone.unregister(1);
    gone.settle();
    gone.expire(1);
    expectSound(gone);
    gone.unregister(1);
    expectBroken(gone, 'unregistration', 'registration 1');
  });
});

describe('notes', () => {
  const refused = { type: 'RegistrationRefused', side: 'producer', participant: participant('P'), result: Errno.EBUSY, holderSequence: 1, count: 1 } as const;

  test('name an operation or a registration that is or was there', () => {
    const log = written((other) => void other.pair());
    log.unregister(1);
    log.settle();
    log.append(TOKEN, refused);
    log.append(TOKEN, { type: 'HandshakeStalled', operationSequence: 2, waitingFor: 'consumer', step: 'stop', openForMs: 10_000 });
    expectSound(log);
    log.append(TOKEN, { type: 'HandshakeStalled', operationSequence: 1, waitingFor: 'consumer', step: 'stop', openForMs: 10_000 });
    expectBroken(log, 'note', 'it says that operation 1 stalls, which its token never had to be driven');
  });

  test.each([
    [{ result: -5 }, 'no registry refuses with -5'],
    [{ holderSequence: undefined }, 'it says that the token was taken, and not by which registration'],
    [{ holderSequence: 2 }, 'it says that registration 2 stood in the way of the producer, which it cannot have'],
    [{ holderSequence: 99 }, 'it says that registration 99 stood in the way of the producer, which it cannot have'],
    [{ result: Errno.EINVAL }, 'it says that registration 1 stood in the way of the producer, which it cannot have'],
  ])('%j', (change, sentence) => {
    const log = written((other) => void other.pair());
    log.append(TOKEN, { ...refused, ...change });
    expectBroken(log, 'note', sentence);
  });
});

function registered(id: string) {
  return { type: 'ProducerRegistered', participant: participant(id), irq: 32, callbacks: CALLBACKS.producer, deadlineMs: 5_000, requestId: `register-${id}` } as const;
}

function expiryOf(log: LogWriter, registrationSequence: number) {
  const { body } = log.event(registrationSequence);
  if (body.type !== 'ProducerRegistered') throw new Error(`event ${registrationSequence} is no producer`);
  const { participant: who, requestId: registrationRequestId } = body;
  return { type: 'ProducerUnregistered', participant: who, registrationSequence, registrationRequestId, requestId: 'u', reason: 'session_expired' } as const;
}
