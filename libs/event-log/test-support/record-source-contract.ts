import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogRecord } from '@irqmesh/protocol';
import type { RecordSource } from '../src/records/record-source.ts';
import { plain, recordsOf } from './records.ts';

/** What a suite runs against: a source, and what it must hold. */
export interface SourceUnderTest {
  readonly source: RecordSource;
  readonly expected: readonly LogRecord[];
  dispose(): Promise<void>;
}

/** The contract that every adapter of the RecordSource port keeps. @param makeSource of at least ten records */
export function describeRecordSource(name: string, makeSource: () => Promise<SourceUnderTest>): void {
  describe(`${name} as a RecordSource`, () => {
    let under: SourceUnderTest;
    let source: RecordSource;
    let expected: readonly LogRecord[];
    let first: number;
    let last: number;

    beforeEach(async () => {
      under = await makeSource();
      ({ source, expected } = under);
      [first, last] = [expected[0]!.sequence, expected.at(-1)!.sequence];
    });

    afterEach(() => under.dispose());

    it('says what it holds', async () => {
      expect(await source.identity()).toMatchObject({ firstSequence: first, lastSequence: last });
      expect(source.partitions).toBe(16);
    });

    it('gives every record as it is stored, headers and all', async () => {
      expect((await recordsOf(source)).map(plain)).toEqual(expected.map(plain));
    });

    it('gives a range, both ends included', async () => {
      const sequences = async (from: number, until: number): Promise<number[]> => (await recordsOf(source, from, until)).map(({ sequence }) => sequence);
      expect(await sequences(first + 2, first + 4)).toEqual([first + 2, first + 3, first + 4]);
      expect(await sequences(last, last)).toEqual([last]);
      expect(await sequences(first, first)).toEqual([first]);
      expect(await sequences(first, first - 1)).toEqual([]);
    });

    it('is read more than once, also at the same time', async () => {
      const readings = await Promise.all([recordsOf(source), recordsOf(source), recordsOf(source, last)]);
      expect(readings.map(({ length }) => length)).toEqual([expected.length, expected.length, 1]);
    });

    it('can be left in the middle', async () => {
      for await (const { sequence } of source.records(first, last)) if (sequence === first + 3) break;
      expect(await recordsOf(source)).toHaveLength(expected.length);
    });

    it('refuses a range that is not within it', async () => {
      for (const [from, until] of [[first - 1, last], [first, last + 1], [1.5, last], [first, Number.NaN]] as const) {
        await expect(recordsOf(source, from, until)).rejects.toThrow(RangeError);
      }
    });
  });
}
