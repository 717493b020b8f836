import { describe, expect, test } from '@jest/globals';
import { checkHistory } from './check-history.ts';
import { driverFailures } from './driver-failures.ts';
import { runsOf, Story } from './testing/story.ts';

/** A producer that a waiting consumer's callback fails with `result`, which its register then returns. */
function failed(result: number, returned: number = result) {
  const story = new Story();
  const consumer = story.registers('consumer', 'C');
  const consumerSequence = story.storesRegistered(consumer);
  story.returns(consumer);
  const producer = story.registers('producer', 'P');
  const producerSequence = story.storesRegistered(producer);
  const runs = runsOf('connect', { 'consumer.add_producer': result });
  runs.splice(4, 0, { side: 'producer', callback: 'del_consumer', result: 0, durationUs: 1, skipped: false });
  for (const run of runs) story.runs(run.side === 'producer' ? producer : consumer, run.callback, producerSequence, run.result);
  story.stores('t', { type: 'ConnectFailed', producerSequence, consumerSequence, operationSequence: producerSequence, runs, newcomer: 'producer', result });
  story.returns(producer, returned);
  return { history: story.history(), producer };
}

describe("a driver's failure", () => {
  test.each([-16, -22, -12, -19, -110, -5])('that looks like a refusal by the manager is none: %i', (result) => {
    const { history, producer } = failed(result);
    expect(driverFailures(history)).toEqual(new Set([producer]));
    expect(checkHistory(history, { settled: true }).violations).toEqual([]);
  });

  test.each([-16, -22, -12])('does not excuse a refusal that the log knows nothing of: %i', (result) => {
    const { history } = failed(-5, result);
    expect(driverFailures(history)).toEqual(new Set());
    expect(checkHistory(history, { settled: true }).violations).not.toEqual([]);
  });

  test('that came before the call, or after it had returned, is not the one', () => {
    const { history } = failed(-16);
    const shifted = (by: number) => ({ ...history, log: history.log.map((stored) => ({ ...stored, storedAt: stored.storedAt! + by })) });
    expect(driverFailures(shifted(-1_000))).toEqual(new Set());
    expect(driverFailures(shifted(1_000))).toEqual(new Set());
  });
});
