import type { Side } from '@irqmesh/domain';
import { InMemoryEventLog } from '@irqmesh/event-log';
import { InMemoryBucket } from '@irqmesh/registry';
import type { RegistryRpc } from '@irqmesh/registry';
import type { AgentHandler } from '@irqmesh/client/core';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SeededRandom } from '@irqmesh/test-load';
import type { HistoryRecorder } from '../run/history-recorder.ts';
import type { Trace } from '../run/trace.ts';
import { ProcessClock, RIGHT_CLOCK } from '../time/process-clock.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { Life } from './life.ts';
import { NATS, Network } from './network.ts';

/** Somebody who takes calls: a process, in one of its runs. */
export interface Responder<Handler> {
  /** The process's node in the network. */
  readonly node: string;
  readonly life: Life;
  readonly handler: Handler;
}

export interface WorldOptions {
  readonly time: VirtualTime;
  readonly faults: FaultPlan;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly recorder: HistoryRecorder;
  readonly partitions: number;
  readonly sessionTtlMs: number;
  readonly leaseTtlMs: number;
}

/** What outlives every process: time, the network, and NATS with its stream, its buckets and who listens. */
export class World {
  readonly time: VirtualTime;
  readonly faults: FaultPlan;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly recorder: HistoryRecorder;
  readonly network: Network;
  readonly log: InMemoryEventLog;
  readonly sessions: InMemoryBucket;
  /** The registries that take calls, by side: a queue group. */
  readonly registries: Readonly<Record<Side, Set<Responder<RegistryRpc>>>> = { producer: new Set(), consumer: new Set() };
  /** The agents' sessions that take calls, by `host.session`. */
  readonly agents = new Map<string, Responder<AgentHandler>>();
  /** When each event was stored, in virtual milliseconds. */
  private readonly growth: number[] = [];
  /** The message ids of what is in the log. */
  readonly storedIds: string[] = [];
  /** How many of them the log remembers; undefined for all. */
  private readonly rememberedIds: number | undefined;
  private readonly clock: ProcessClock;
  private readonly leaseTtlMs: number;
  private readonly sharedLeases: InMemoryBucket;
  private leaderlessUntilMs = 0;

  constructor({ time, faults, random, trace, recorder, partitions, sessionTtlMs, leaseTtlMs }: WorldOptions) {
    this.time = time;
    this.faults = faults;
    this.random = random;
    this.trace = trace;
    this.recorder = recorder;
    this.network = new Network(time, faults, random.fork('network'), trace);
    this.clock = new ProcessClock(time, new Life(NATS), RIGHT_CLOCK, trace);
    this.rememberedIds = faults.has('ids_forgotten') ? random.pick([0, 1, 4]) : undefined;
    this.log = new InMemoryEventLog({
      partitions,
      createdMs: this.clock.nowMs(),
      rememberedIds: this.rememberedIds,
      ...(random.chance(0.5) ? { replicas: 3, idBeforeExpectation: true } : { replicas: 1, idBeforeExpectation: false }),
    });
    this.sessions = new InMemoryBucket(this.clock, sessionTtlMs);
    this.leaseTtlMs = leaseTtlMs;
    this.sharedLeases = this.makeLeases();
  }

  /** The bucket of the partitions' leases as one matcher sees it: its own where every matcher believes it holds all. */
  leases(): InMemoryBucket {
    if (!this.faults.has('lease_split')) return this.sharedLeases;
    return this.makeLeases();
  }

  /** An event was stored just now. */
  logGrew(): void {
    this.growth.push(this.time.nowMs);
  }

  /** The sequence of the log's last event at an earlier time. */
  logEndAt(atMs: number): number {
    return this.growth.findLastIndex((storedMs) => storedMs <= atMs) + 1;
  }

  /** Whether something was stored under a message id that the log no longer knows. */
  hasForgotten(id: string): boolean {
    return this.rememberedIds !== undefined && this.storedIds.includes(id) && !this.storedIds.slice(this.storedIds.length - this.rememberedIds).includes(id);
  }

  /** Whether the log's stream has a leader: without one it takes nothing and tells nothing of where it ends. */
  get hasLeader(): boolean {
    return this.time.nowMs >= this.leaderlessUntilMs;
  }

  /** @returns whether there was a leader to lose. */
  loseLeader(forMs: number): boolean {
    if (!this.hasLeader) return false;
    this.trace.write(NATS, `the log has no leader for ${Math.round(forMs)} ms`);
    this.leaderlessUntilMs = this.time.nowMs + forMs;
    return true;
  }

  electLeader(): void {
    this.leaderlessUntilMs = 0;
  }

  private makeLeases(): InMemoryBucket {
    return new InMemoryBucket(this.clock, this.leaseTtlMs);
  }
}
