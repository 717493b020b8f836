import { describe, expect, test } from '@jest/globals';
import { checkHistory } from './check-history.ts';
import { runsOf, Story } from './testing/story.ts';

const ROUNDS = 10_000;
const TOKENS = 6;
const LANES = 10;
/** In CPU time, which other work on the machine does not lengthen. */
const LIMIT_MS = 20_000;

/** A pair comes and goes while another producer is refused; each calls before the others have returned. */
function tellRound(story: Story, round: number): void {
  const token = `t${round % TOKENS}`;
  const consumer = story.registers('consumer', `C${round % LANES}`, { token });
  const producer = story.registers('producer', `P${round % LANES}`, { token });
  const refused = story.registers('producer', `Q${round % LANES}`, { token });
  const consumerSequence = story.storesRegistered(consumer);
  const producerSequence = story.storesRegistered(producer);
  const pair = { producerSequence, consumerSequence };
  for (const { side, callback } of runsOf('connect')) story.runs(side === 'producer' ? producer : consumer, callback, producerSequence);
  story.stores(token, { type: 'PairConnected', ...pair, operationSequence: producerSequence, runs: runsOf('connect') });
  story.returns(producer).returns(refused, -16).returns(consumer);
  const leaving = [story.unregisters(producer), story.unregisters(consumer)] as const;
  const operationSequence = story.storesUnregistered(producerSequence);
  story.storesUnregistered(consumerSequence);
  for (const { side, callback } of runsOf('disconnect')) story.runs(side === 'producer' ? producer : consumer, callback, operationSequence);
  story.stores(token, { type: 'PairDisconnected', ...pair, operationSequence, runs: runsOf('disconnect') });
  for (const call of leaving) story.returns(call);
}

describe('a history of the size of a chaos run', () => {
  test('is judged in seconds', () => {
    const story = new Story();
    for (let round = 0; round < ROUNDS; round++) tellRound(story, round);
    const history = story.history();
    expect(history.calls.length).toBeGreaterThan(20_000);
    const before = process.cpuUsage();
    const { violations, undecided } = checkHistory(history, { settled: true });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(LIMIT_MS);
    expect(violations.slice(0, 3)).toEqual([]);
    expect(undecided).toBe(0);
  }, 180_000);
});
