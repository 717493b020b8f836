import { describe, expect, it } from '@jest/globals';
import { IrqBypassError } from '@irqmesh/domain';
import { evictBucketKey, matcherBucketKey, parseLeasesBucketKey, parseSessionsBucketKey, partitionBucketKey, sessionBucketKey } from './bucket-keys.ts';

describe('keys of the buckets', () => {
  it('come back as they went', () => {
    expect(sessionBucketKey('host-a', 's1')).toBe('session.host-a.s1');
    expect(parseSessionsBucketKey('session.host-a.s1')).toEqual({ kind: 'session', host: 'host-a', session: 's1' });
    expect(parseSessionsBucketKey(evictBucketKey('host-a', 's1'))).toEqual({ kind: 'evict', host: 'host-a', session: 's1' });
    expect(parseLeasesBucketKey(partitionBucketKey(12))).toEqual({ kind: 'partition', partition: 12 });
    expect(parseLeasesBucketKey(matcherBucketKey('m-1'))).toEqual({ kind: 'matcher', matcher: 'm-1' });
  });

  it.each(['session.host-a', 'session.host-a.s1.x', 'lease.host-a.s1', 'session..s1', ''])('the sessions bucket has no key %j', (key) => {
    expect(() => parseSessionsBucketKey(key)).toThrow(IrqBypassError);
  });

  it.each(['partition', 'partition.x', 'partition.01', 'partition.1.2', 'matcher.a b', 'matcher.', 'other.1', ''])('the leases bucket has no key %j', (key) => {
    expect(() => parseLeasesBucketKey(key)).toThrow(IrqBypassError);
  });

  it('are never made of names that would change their meaning', () => {
    expect(() => sessionBucketKey('a.b', 's1')).toThrow(IrqBypassError);
    expect(() => evictBucketKey('a', '*')).toThrow(IrqBypassError);
    expect(() => matcherBucketKey('a.b')).toThrow(IrqBypassError);
  });
});
