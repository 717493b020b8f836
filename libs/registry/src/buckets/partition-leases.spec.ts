import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '@irqmesh/domain/testing';
import type { Bucket } from './bucket.ts';
import { InMemoryBucket } from './in-memory-bucket.ts';
import { PartitionLeases } from './partition-leases.ts';

const TTL_MS = 4_000;

let clock: ManualClock;
let bucket: InMemoryBucket;
let told: string[];
let all: PartitionLeases[];

beforeEach(() => {
  clock = new ManualClock();
  bucket = new InMemoryBucket(clock, TTL_MS);
  told = [];
  all = [];
});

afterEach(async () => {
  for (const leases of all) await leases.close();
});

async function matcher(holder: string, partitions: number, own: Bucket = bucket): Promise<PartitionLeases> {
  const leases = new PartitionLeases({
    bucket: own, clock, holder, partitions,
    leaseValue: () => holder,
    onGained: (partition) => told.push(`${holder} gained ${partition}`),
    onLost: (partition) => told.push(`${holder} lost ${partition}`),
    onError: () => {},
  });
  all.push(leases);
  await leases.start();
  return leases;
}

describe('leases on partitions', () => {
  test('one that lapsed and was renewed after all is told as gained again: whoever drove by it had stopped', async () => {
    const leases = await matcher('m1', 1);
    const update = bucket.update.bind(bucket);
    bucket.update = async (key, value, revision) => {
      const renewed = await update(key, value, revision);
      // The acknowledgement takes so long that the lease is no longer trusted meanwhile.
      await new Promise<void>((resolve) => clock.after(TTL_MS * 0.625, resolve));
      return renewed;
    };
    told.length = 0;
    await clock.advance(TTL_MS * 0.85);
    expect(leases.holds(0)).toBe(false);
    bucket.update = update;
    await clock.advance(TTL_MS * 0.1);
    expect(leases.holds(0)).toBe(true);
    expect(told).toEqual(['m1 gained 0']);
  });

  test('a partition whose end nobody told of is taken over once it was not heard of for its time to live', async () => {
    // Removals do not reach this matcher.
    const deaf: Bucket = Object.create(bucket, {
      watch: { value: (prefix: string, listener: Parameters<Bucket['watch']>[1]) => bucket.watch(prefix, { ...listener, onRemoved: () => {} }) },
    });
    const first = await matcher('m1', 2);
    const second = await matcher('m2', 2, deaf);
    // The share that the first gave back: its removal is not heard of either.
    await clock.advance(3 * TTL_MS);
    expect([first.partitions(), second.partitions()]).toEqual([[0], [1]]);
    await first.close();
    await clock.advance(3 * TTL_MS);
    expect(second.partitions()).toEqual([0, 1]);
  });
});
