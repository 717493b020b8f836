import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionBucket } from '../src/session/session-bucket.ts';

export interface BucketUnderTest {
  readonly bucket: SessionBucket;
  /** Lets time pass, as far as the bucket is concerned. */
  readonly pass: (ms: number) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

const TIMEOUT_MS = 2_000;

/** What every session bucket does. @param make a bucket with keys that nobody else uses. */
export function describeSessionBucket(name: string, make: () => Promise<BucketUnderTest>): void {
  describe(name, () => {
    let under: BucketUnderTest;
    let bucket: SessionBucket;

    beforeEach(async () => {
      under = await make();
      bucket = under.bucket;
    });

    afterEach(() => under.dispose());

    test('creates a key once', async () => {
      const revision = await bucket.create('session.h.s1', 'one');
      expect(revision).toBeGreaterThan(0);
      expect(await bucket.create('session.h.s1', 'two')).toBeUndefined();
      expect(await bucket.get('session.h.s1')).toEqual({ value: 'one', revision });
    });

    test('updates a key at its revision, and at no other', async () => {
      const first = (await bucket.create('session.h.s2', 'one'))!;
      const second = (await bucket.update('session.h.s2', 'two', first, TIMEOUT_MS))!;
      expect(second).toBeGreaterThan(first);
      expect(await bucket.update('session.h.s2', 'three', first, TIMEOUT_MS)).toBeUndefined();
      expect(await bucket.get('session.h.s2')).toEqual({ value: 'two', revision: second });
    });

    test('knows nothing of a key that was never written', async () => {
      expect(await bucket.get('session.h.never')).toBeUndefined();
      expect(await bucket.update('session.h.never', 'one', 1, TIMEOUT_MS)).toBeUndefined();
    });

    test('removes a key at its revision, and at no other', async () => {
      const first = (await bucket.create('session.h.s3', 'one'))!;
      const second = (await bucket.update('session.h.s3', 'two', first, TIMEOUT_MS))!;
      await bucket.remove('session.h.s3', first);
      expect(await bucket.get('session.h.s3')).toEqual({ value: 'two', revision: second });
      await bucket.remove('session.h.s3', second);
      expect(await bucket.get('session.h.s3')).toBeUndefined();
    });

    test('does not bring a removed key back to life by an update, but creates it anew', async () => {
      const revision = (await bucket.create('session.h.s4', 'one'))!;
      await bucket.remove('session.h.s4', revision);
      expect(await bucket.update('session.h.s4', 'two', revision, TIMEOUT_MS)).toBeUndefined();
      expect(await bucket.create('session.h.s4', 'three')).toBeGreaterThan(revision);
    });

    test('lets a key run out that is not written again, and does not bring it back to life', async () => {
      const kept = (await bucket.create('session.h.kept', 'one'))!;
      const left = (await bucket.create('session.h.left', 'one'))!;
      await under.pass(bucket.ttlMs * 0.7);
      expect(await bucket.update('session.h.kept', 'two', kept, TIMEOUT_MS)).toBeGreaterThan(kept);
      await under.pass(bucket.ttlMs * 0.7);
      expect((await bucket.get('session.h.kept'))?.value).toBe('two');
      expect(await bucket.get('session.h.left')).toBeUndefined();
      expect(await bucket.update('session.h.left', 'two', left, TIMEOUT_MS)).toBeUndefined();
      expect(await bucket.get('session.h.left')).toBeUndefined();
    });
  });
}
