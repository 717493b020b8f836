import { describe, expect, test } from '@jest/globals';
import type { CallbackRun } from '@irqmesh/domain';
import { runsOf, Story } from '../testing/story.ts';
import { checkModel } from './check-model.ts';
import { modelLog } from './log-model.ts';

interface Telling {
  /** The order in which they are called; the recorded one unless given. */
  readonly order?: (runs: readonly CallbackRun[]) => readonly CallbackRun[];
  /** How long a callback takes, by `side.callback`. */
  readonly takesMs?: Readonly<Record<string, number>>;
  readonly results?: Readonly<Record<string, number>>;
  readonly recorded?: readonly CallbackRun[];
}

/** A consumer and a producer with a deadline of 1 s connect; the callbacks are called as told, and what is found in them. */
function connecting({ order = (runs) => runs, takesMs = {}, results = {}, recorded = runsOf('connect', results) }: Telling): string[] {
  const story = new Story();
  const consumer = story.registers('consumer', 'C');
  story.storesRegistered(consumer);
  const producer = story.registers('producer', 'P');
  story.storesRegistered(producer);
  for (const { side, callback } of order(recorded)) story.runs(side === 'producer' ? producer : consumer, callback, 2, 0, takesMs[`${side}.${callback}`]);
  const outcome = { producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: recorded };
  const failure = recorded.find(({ result }) => result !== 0)?.result;
  story.stores('t', failure === undefined ? { type: 'PairConnected', ...outcome } : { type: 'ConnectFailed', ...outcome, newcomer: 'producer', result: failure });
  return checkModel(story.indexed(), modelLog(story.history().log)).map(({ sentence }) => sentence);
}

/** The same, with an add that is undone at once. */
function undone(runs: readonly CallbackRun[]): CallbackRun[] {
  return runs.flatMap((run) => (run.callback === 'add_consumer' ? [run, { ...run, callback: 'del_consumer' as const }] : [run]));
}

describe('the callbacks that an outcome records', () => {
  test('follow one another over both sides', () => {
    expect(connecting({})).toEqual([]);
    const swapped = connecting({ order: (runs) => [runs[1]!, runs[0]!, ...runs.slice(2)] });
    expect(swapped).toEqual([expect.stringContaining('stop of producer host-a/P before stop of consumer host-a/C, and the one had not returned when the other was called')]);
    expect(connecting({ order: (runs) => [...runs.slice(0, 2), runs[3]!, runs[2]!, ...runs.slice(4)] })).toHaveLength(1);
  });

  test('are recorded as -110 when they overran, and only then', () => {
    expect(connecting({ takesMs: { 'producer.add_consumer': 1_040 } })).toEqual([]);
    expect(connecting({ takesMs: { 'producer.add_consumer': 1_100 } })).toEqual([expect.stringContaining('which took 1100 ms, longer than its deadline of 1000 ms')]);
    const recorded = runsOf('connect', { 'producer.add_consumer': -110 }).filter(({ callback }) => callback !== 'add_producer');
    expect(connecting({ recorded, takesMs: { 'producer.add_consumer': 1_100 }, order: undone })).toEqual([]);
    expect(connecting({ recorded, takesMs: { 'producer.add_consumer': 500 }, order: undone })).toEqual([expect.stringContaining('which took 500 ms of the 1000 ms that it had')]);
  });

  test('are recorded after they returned', () => {
    const story = new Story();
    story.storesRegistered(story.registers('consumer', 'C'));
    story.storesRegistered(story.registers('producer', 'P'));
    story.stores('t', { type: 'PairConnected', producerSequence: 2, consumerSequence: 1, operationSequence: 2, runs: runsOf('connect') });
    for (const { side, callback } of runsOf('connect')) story.runs(side === 'producer' ? 2 : 1, callback, 2);
    const found = checkModel(story.indexed(), modelLog(story.history().log));
    expect(found).toHaveLength(6);
    expect(found[0]!.sentence).toContain('which had not returned');
  });

  test('with an add that succeeded after its -110: it is undone at once', () => {
    const recorded = runsOf('connect', { 'producer.add_consumer': -110 }).filter(({ callback }) => callback !== 'add_producer');
    const takesMs = { 'producer.add_consumer': 1_100 };
    expect(connecting({ recorded, takesMs, order: undone })).toEqual([]);
    expect(connecting({ recorded, takesMs })).toEqual([expect.stringContaining('which succeeded later, and the next that was called of it is start of operation 2')]);
  });
});
