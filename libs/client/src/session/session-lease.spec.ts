import { beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '@irqmesh/domain/testing';
import { parseSessionRecord } from '@irqmesh/protocol';
import { MemorySessionBucket } from './memory-session-bucket.ts';
import type { SessionEntry } from './session-bucket.ts';
import { SessionLease } from './session-lease.ts';

const TTL_MS = 10_000;
const KEY = 'session.host-a.s1';

/** A bucket whose answers can be lost. */
class LossyBucket extends MemorySessionBucket {
  /** `refuse`: nothing arrives. `lose`: it is stored, the answer is lost. `hang`: stored never, answered never. */
  mode: 'work' | 'refuse' | 'lose' | 'hang' = 'work';
  updates = 0;

  override async update(key: string, value: string, revision: number): Promise<number | undefined> {
    this.updates += 1;
    if (this.mode === 'hang') return new Promise(() => {});
    if (this.mode === 'refuse') throw new Error('no connection');
    const stored = await super.update(key, value, revision);
    if (this.mode === 'lose') throw new Error('no answer');
    return stored;
  }

  override async get(key: string): Promise<SessionEntry | undefined> {
    if (this.mode !== 'work') throw new Error('no connection');
    return super.get(key);
  }
}

let clock: ManualClock;
let bucket: LossyBucket;
let lost: string[];
let count: number;

beforeEach(() => {
  clock = new ManualClock();
  bucket = new LossyBucket(clock, TTL_MS);
  lost = [];
  count = 0;
});

async function open(replaces?: string): Promise<SessionLease> {
  const lease = new SessionLease({
    bucket,
    clock,
    host: 'host-a',
    session: 's1',
    replaces,
    holdings: (side) => ({ count: side === 'producer' ? count : 0, digest: 0 }),
    onLost: (reason) => lost.push(`${reason} at ${clock.monotonicMs()}`),
    onUnanswered: () => {},
  });
  await lease.open();
  return lease;
}

async function record() {
  return parseSessionRecord((await bucket.get(KEY))!.value);
}

describe('a session', () => {
  test('stands in its key, with the one it replaces', async () => {
    await open('s0');
    expect(await record()).toEqual({
      host: 'host-a', session: 's1', replaces: 's0', openedMs: 1_700_000_000_000, producers: { count: 0, digest: 0 }, consumers: { count: 0, digest: 0 },
    });
  });

  test('is not opened under a name that is taken', async () => {
    await open();
    await expect(open()).rejects.toThrow(/-16 \(EBUSY\)/);
  });

  test('is renewed for as long as it is held', async () => {
    const lease = await open();
    await clock.advance(60_000);
    expect(lease.isHeld()).toBe(true);
    expect(bucket.updates).toBe(60);
    expect(lost).toEqual([]);
  });

  test('rule 12: a renewal lists what is held now', async () => {
    await open();
    count = 3;
    await clock.advance(1_000);
    expect((await record()).producers.count).toBe(3);
  });

  test('is gone at once when it is closed', async () => {
    const lease = await open();
    await clock.advance(2_500);
    await lease.close();
    expect(bucket.keys()).toEqual([]);
    expect(lease.isHeld()).toBe(false);
    await clock.advance(60_000);
    expect(clock.pendingTimers).toBe(0);
    expect(lost).toEqual([]);
  });
});

describe('rule 4: the lease', () => {
  test('rule 4: counts from the sending of the last acknowledged renewal, and is lost by a timer', async () => {
    const lease = await open();
    await clock.advance(1_500);
    bucket.mode = 'refuse';
    await clock.advance(3_499);
    expect(lease.isHeld()).toBe(true);
    await clock.advance(1);
    expect(lost).toEqual(['not_renewed at 5000']);
    expect(lease.isHeld()).toBe(false);
  });

  test('rule 4: is lost in time even if the connection hangs', async () => {
    await open();
    bucket.mode = 'hang';
    await clock.advance(20_000);
    expect(lost).toEqual(['not_renewed at 4000']);
  });

  test('rule 4: a process that was stopped finds out before its timers run', async () => {
    const lease = await open();
    await clock.advance(500);
    clock.stall(30_000);
    expect(lease.isHeld()).toBe(false);
    expect(lost).toEqual(['not_renewed at 30500']);
  });

  test('rule 4: an acknowledgement that took long counts from its sending', async () => {
    const lease = await open();
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    const update = bucket.update.bind(bucket);
    bucket.update = async (key, value, revision) => {
      const stored = await update(key, value, revision);
      await held;
      bucket.mode = 'refuse';
      return stored;
    };
    await clock.advance(3_500);
    answer();
    await clock.advance(1_499);
    expect(lease.isHeld()).toBe(true);
    await clock.advance(1);
    expect(lost).toEqual(['not_renewed at 5000']);
  });

  test('is not affected by a jump of the wall clock', async () => {
    const lease = await open();
    clock.setWall(3_600_000);
    expect(lease.isHeld()).toBe(true);
  });

  test('does not come back by a renewal that is answered after the loss', async () => {
    const lease = await open();
    let answer = (_revision: number): void => {};
    bucket.update = () => new Promise((resolve) => (answer = resolve));
    await clock.advance(4_000);
    answer(99);
    await clock.settle();
    expect(lease.isHeld()).toBe(false);
    expect(clock.pendingTimers).toBe(1); // the bucket's own, for the key
  });
});

describe('rule 12: the key', () => {
  test('rule 12: one that is gone is not brought back to life', async () => {
    const lease = await open();
    await bucket.remove(KEY, (await bucket.get(KEY))!.revision);
    await clock.advance(1_000);
    expect(lost).toEqual(['gone at 1000']);
    expect(bucket.keys()).toEqual([]);
    expect(lease.isHeld()).toBe(false);
  });

  test('one that somebody else wrote is lost', async () => {
    await open();
    await bucket.update(KEY, 'another', (await bucket.get(KEY))!.revision);
    await clock.advance(1_000);
    expect(lost).toEqual(['taken at 1000']);
  });

  test('a renewal that was stored although its answer was lost is not taken for a loss', async () => {
    const lease = await open();
    bucket.mode = 'lose';
    await clock.advance(1_400);
    bucket.mode = 'work';
    await clock.advance(20_000);
    expect(lease.isHeld()).toBe(true);
    expect(lost).toEqual([]);
  });

  test('rule 4: then the lease counts from the first sending that may be the stored one', async () => {
    await open();
    bucket.mode = 'lose';
    await clock.advance(2_999); // sent at 1000 and stored; sent again from 1500 on, and refused
    bucket.mode = 'work';
    bucket.update = async () => {
      bucket.mode = 'refuse';
      return undefined;
    };
    bucket.get = async (key) => {
      bucket.update = async () => Promise.reject(new Error('no connection'));
      return MemorySessionBucket.prototype.get.call(bucket, key);
    };
    await clock.advance(10_000);
    expect(lost).toEqual(['not_renewed at 5000']);
  });
});
