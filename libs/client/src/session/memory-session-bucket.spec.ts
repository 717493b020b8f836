import { ManualClock } from '@irqmesh/domain/testing';
import { describeSessionBucket } from '../../test-support/session-bucket-contract.ts';
import { MemorySessionBucket } from './memory-session-bucket.ts';

describeSessionBucket('The in-memory session bucket', async () => {
  const clock = new ManualClock();
  return { bucket: new MemorySessionBucket(clock, 10_000), pass: (ms) => clock.advance(ms), dispose: async () => {} };
});
