import { connect } from '@irqmesh/client';
import type { IrqMeshClient, Registration } from '@irqmesh/client';

/** What the load believes of one side of a token, by what was acknowledged to it. */
export type Belief = 'unknown' | 'registered' | 'unregistered';

interface Pair {
  readonly token: string;
  consumer: Belief;
  producer: Belief;
}

/** A generator of numbers from 0 up to 1 that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two hosts that register and unregister without pause: producers on one, consumers on the other. */
export class Fleet {
  readonly pairs: Pair[] = [];
  /** Anything that went wrong for a caller. */
  readonly failures: string[] = [];
  private readonly producers: IrqMeshClient;
  private readonly consumers: IrqMeshClient;
  private readonly random: () => number;
  private running: Promise<unknown> | undefined;
  private stopped = false;

  private constructor(producers: IrqMeshClient, consumers: IrqMeshClient, random: () => number) {
    this.producers = producers;
    this.consumers = consumers;
    this.random = random;
  }

  static async connect(natsUrl: string, seed: number): Promise<Fleet> {
    const log = { warn: () => {} };
    const [producers, consumers] = [await connect({ servers: natsUrl, host: 'host-a', log }), await connect({ servers: natsUrl, host: 'host-b', log })];
    return new Fleet(producers, consumers, seeded(seed));
  }

  /** Begins to register and unregister; `lanes` callers side by side. */
  start(lanes: number): void {
    this.running = Promise.all(Array.from({ length: lanes }, (_, lane) => this.runLane(lane)));
  }

  /** Resolves when every call under way has its answer. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /**
   * What stands in the registries against what was acknowledged; each line is a difference. Both sides registered must
   * be connected.
   */
  async differences(): Promise<string[]> {
    const [producers, consumers] = [await states(this.producers, 'producer'), await states(this.consumers, 'consumer')];
    return this.pairs.flatMap(({ token, producer, consumer }) => {
      const found = { producer: producers.get(token), consumer: consumers.get(token) };
      const lines = (['producer', 'consumer'] as const).flatMap((side) => {
        const belief = side === 'producer' ? producer : consumer;
        if (belief === 'registered' && found[side] === undefined) return [`${token}: the ${side} was acknowledged, and is not registered`];
        if (belief === 'unregistered' && found[side] !== undefined) return [`${token}: the ${side} was unregistered, and is ${found[side]}`];
        return [];
      });
      const both = found.producer !== undefined && found.consumer !== undefined;
      if (both && (found.producer !== 'connected' || found.consumer !== 'connected')) lines.push(`${token}: both sides are there, ${found.producer} and ${found.consumer}`);
      return lines;
    });
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all([this.producers.close(), this.consumers.close()]);
  }

  private async runLane(lane: number): Promise<void> {
    for (let round = 0; !this.stopped; round++) {
      const pair: Pair = { token: `lane-${lane}/round-${round}`, consumer: 'unknown', producer: 'unknown' };
      this.pairs.push(pair);
      const consumer = await this.attempt(() => this.consumers.registerConsumer({ token: pair.token, addProducer: () => {}, delProducer: () => {} }));
      pair.consumer = consumer === undefined ? 'unknown' : 'registered';
      const producer = await this.attempt(() => this.producers.registerProducer({ token: pair.token, irq: round }));
      pair.producer = producer === undefined ? 'unknown' : 'registered';
      if (this.random() < 0.4) await this.leave(pair, 'producer', producer);
      if (this.random() < 0.3) await this.leave(pair, 'consumer', consumer);
    }
  }

  private async leave(pair: Pair, side: 'producer' | 'consumer', registration: Registration | undefined): Promise<void> {
    if (registration === undefined) return;
    pair[side] = 'unknown';
    const done = await this.attempt(async () => {
      await registration.unregister();
      return true;
    });
    if (done === true) pair[side] = 'unregistered';
  }

  private async attempt<Result>(action: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await action();
    } catch (error) {
      this.failures.push((error as Error).message);
      return undefined;
    }
  }
}

async function states(client: IrqMeshClient, side: 'producer' | 'consumer'): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { token, state } of client.list(side)) found.set(token, state);
  return found;
}
