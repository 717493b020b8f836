import { describe, expect, it } from '@jest/globals';
import { CALLBACKS } from './callbacks.ts';
import { isExpiry, leaving, registrationOf } from './registration.ts';
import { participant } from './testing/history.ts';

const DETAILS = { participant: participant('P'), callbacks: CALLBACKS.producer, deadlineMs: 5_000, requestId: 'r1', quiesceGroup: 'vm-1' };
const registration = registrationOf(7, { type: 'ProducerRegistered', irq: 42, ...DETAILS });

describe('registrationOf', () => {
  it('takes all that the event states, and the sequence as its identity', () => {
    expect(registration).toEqual({ sequence: 7, side: 'producer', irq: 42, gone: false, ...DETAILS });
    expect(registrationOf(8, { type: 'ConsumerRegistered', ...DETAILS })).toMatchObject({ sequence: 8, side: 'consumer', irq: undefined });
  });
});

describe('leaving', () => {
  it('rule 6: gone are those who expired or were disowned, not those who asked to leave', () => {
    expect(['requested', 'session_expired', 'disowned'].map((reason) => isExpiry(reason as Parameters<typeof isExpiry>[0]))).toEqual([false, true, true]);
    expect(leaving(registration, 9, 'requested')).toMatchObject({ leavingSequence: 9, gone: false });
    expect(leaving(registration, 9, 'disowned')).toMatchObject({ leavingSequence: 9, gone: true });
  });

  it('rule 12: an expiry behind an unregister marks it gone; the first unregister stays the one that removes it', () => {
    const asked = leaving(registration, 9, 'requested');
    expect(leaving(asked, 11, 'session_expired')).toMatchObject({ leavingSequence: 9, gone: true });
    expect(leaving(leaving(asked, 11, 'session_expired'), 12, 'requested')).toMatchObject({ leavingSequence: 9, gone: true });
  });
});
