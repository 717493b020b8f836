import { describe, expect, test } from '@jest/globals';
import { FAULTS } from '../faults/fault-kinds.ts';
import { judge } from './judge.ts';
import { Simulation } from './simulation.ts';
import type { RunOptions } from './simulation.ts';

async function traced(options: RunOptions) {
  const lines: string[] = [];
  const record = await new Simulation({ ...options, sink: (line) => lines.push(line) }).run();
  return { record, lines };
}

describe('a simulated world', () => {
  test.each([1, 17, 305])('is the same each time: seed %i', async (seed) => {
    const [first, second] = [await traced({ seed, profile: 'swarm' }), await traced({ seed, profile: 'swarm' })];
    expect(second.lines).toEqual(first.lines);
    expect(second.record.hash).toBe(first.record.hash);
    expect(second.record.history).toEqual(first.record.history);
    expect(first.lines.length).toBeGreaterThan(100);
  }, 30_000);

  test('is another with another seed', async () => {
    const [first, second] = [await traced({ seed: 1, profile: 'swarm' }), await traced({ seed: 2, profile: 'swarm' })];
    expect(second.record.hash).not.toBe(first.record.hash);
  }, 30_000);

  test('without faults connects, disconnects and comes to rest', async () => {
    const { record, findings } = await judge({ seed: 1, profile: 'calm' });
    expect(findings).toEqual([]);
    expect(Object.values(record.faults).every((count) => count === 0)).toBe(true);
    const types = new Set(record.history.log.map(({ event }) => event.body.type));
    expect([...types]).toEqual(expect.arrayContaining(['ProducerRegistered', 'ConsumerRegistered', 'PairConnected', 'PairDisconnected', 'ProducerUnregistered', 'ConsumerUnregistered']));
  }, 30_000);

  test('left without faults by name is left without them', async () => {
    const { record } = await judge({ seed: 3, profile: 'brutal', without: new Set(FAULTS) });
    expect(Object.values(record.faults).every((count) => count === 0)).toBe(true);
  }, 30_000);

  test('is no larger than it is allowed to be', async () => {
    const { record } = await judge({ seed: 5, profile: 'swarm', limits: { hosts: 1, tokens: 1, lanes: 2, registries: 1, matchers: 1, loadMs: 3_000 } });
    expect(record.shape.hosts).toHaveLength(1);
    expect(record.shape.hosts[0]!.lanes).toHaveLength(2);
    expect(record.shape.tokens).toHaveLength(1);
    expect(record.shape.registries).toEqual({ producer: 1, consumer: 1 });
    expect(record.shape.matchers).toBe(1);
    expect(record.shape.loadMs).toBeLessThanOrEqual(3_000);
  }, 30_000);

  test('ends where something goes wrong, and shows what came before', async () => {
    const options: RunOptions = { seed: 7, profile: 'calm' };
    const lines: string[] = [];
    const record = await new Simulation({ ...options, sink: (line) => lines.push(line) }).run(() => lines.length > 300);
    expect(record.cutShort).toBe(true);
    expect(record.unsettled).toBeUndefined();
    const whole = await new Simulation(options).run();
    expect(whole.cutShort).toBe(false);
    expect(record.virtualMs).toBeLessThan(whole.virtualMs);
    const { storedAt } = whole.history.log[3]!;
    expect(whole.linesBefore(storedAt).at(-1)).toMatch(/stored as 4$/);
    expect(whole.linesBefore().at(-1)).not.toBe(whole.linesBefore(storedAt).at(-1));
  }, 30_000);
});
