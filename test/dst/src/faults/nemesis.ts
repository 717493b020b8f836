import type { SeededRandom } from '@irqmesh/test-load';
import type { AgentProcess } from '../processes/agent-process.ts';
import type { ServiceProcess } from '../processes/service-process.ts';
import { NATS } from '../world/network.ts';
import type { World } from '../world/world.ts';
import type { Fault } from './fault-kinds.ts';

const MINUTE_MS = 60_000;
/** A session's life, twice. */
const LONGEST_PAUSE_MS = 20_000;
const LONGEST_PARTITION_MS = 20_000;
/** Partitions that nobody heals before the faults stop. */
const NEVER_HEALED = 0.2;
/** Services that are told to stop rather than killed. */
const GRACEFUL = 0.25;

/** Strikes the processes and the network at moments of its own. */
export class Nemesis {
  private readonly world: World;
  private readonly random: SeededRandom;
  private readonly services: readonly ServiceProcess[];
  private readonly agents: readonly AgentProcess[];

  constructor(world: World, random: SeededRandom, services: readonly ServiceProcess[], agents: readonly AgentProcess[]) {
    this.world = world;
    this.random = random;
    this.services = services;
    this.agents = agents;
  }

  start(): void {
    const strikes: Partial<Record<Fault, () => boolean>> = {
      service_killed: () => this.killService(),
      agent_killed: () => this.random.pick(this.agents).crash(),
      process_paused: () => this.random.pick([...this.services, ...this.agents]).pause(this.logarithmic(100, LONGEST_PAUSE_MS)),
      log_unavailable: () => this.cut([NATS], this.nodes(), this.random.between(500, 8_000)),
      partition: () => this.splitNodes(),
      log_leaderless: () => this.world.loseLeader(this.random.between(500, 8_000)),
      fold_lag: () => this.random.pick(this.services).lag(this.random.between(1_000, 8_000)),
    };
    for (const [fault, strike] of Object.entries(strikes) as [Fault, () => boolean][]) this.scheduleNext(fault, strike);
  }

  /** Ends everything that it did: nothing is cut off, paused or dead any more. */
  undo(): void {
    this.world.network.healAll();
    this.world.electLeader();
    for (const process of [...this.services, ...this.agents]) process.recover();
  }

  /** @param strike says whether anything happened: who is dead cannot be killed. */
  private scheduleNext(fault: Fault, strike: () => boolean): void {
    const { world, random } = this;
    const perMinute = world.faults.rate(fault);
    if (perMinute === 0) return;
    const gapMs = (-Math.log(1 - random.fraction()) * MINUTE_MS) / perMinute;
    world.time.after(gapMs, () => {
      if (world.faults.stopped) return;
      if (strike()) world.faults.count(fault);
      this.scheduleNext(fault, strike);
    });
  }

  private killService(): boolean {
    const service = this.random.pick(this.services);
    return this.random.chance(GRACEFUL) ? service.stop() : service.crash();
  }

  /** Two groups, each of one node or more; whoever is in neither reaches both. */
  private splitNodes(): boolean {
    const nodes = [NATS, ...this.nodes()];
    const [left, right]: [string[], string[]] = [[], []];
    for (const node of nodes) {
      const side = this.random.fraction();
      if (side < 0.4) left.push(node);
      else if (side < 0.8) right.push(node);
    }
    const forMs = this.random.chance(NEVER_HEALED) ? Infinity : this.logarithmic(500, LONGEST_PARTITION_MS);
    return left.length > 0 && right.length > 0 && this.cut(left, right, forMs);
  }

  private cut(left: readonly string[], right: readonly string[], forMs: number): true {
    const { network, time, trace } = this.world;
    const partition = { groups: [new Set(left), new Set(right)] } as const;
    trace.write('network', `${left.join(', ')} cannot reach ${right.join(', ')}`);
    network.split(partition);
    if (forMs !== Infinity) {
      time.after(forMs, () => {
        trace.write('network', `${left.join(', ')} can reach ${right.join(', ')} again`);
        network.heal(partition);
      });
    }
    return true;
  }

  private nodes(): string[] {
    return [...this.services, ...this.agents].map(({ node }) => node);
  }

  /** Mostly short, seldom long. */
  private logarithmic(low: number, high: number): number {
    return low * (high / low) ** this.random.fraction();
  }
}
