import { setTimeout as sleep } from 'node:timers/promises';
import { STREAM_NAME } from '@irqmesh/protocol';
import type { SeededRandom } from '@irqmesh/test-load';
import type { NatsCluster, NatsNode } from '../bus/nats-cluster.ts';
import type { AgentMember } from '../processes/agent-member.ts';
import type { Member } from '../processes/member.ts';
import type { ServiceMember } from '../processes/service-member.ts';
import { noCounts } from './nemesis-kinds.ts';
import type { NemesisCounts, NemesisKind } from './nemesis-kinds.ts';

export interface NemesisOptions {
  readonly kinds: readonly NemesisKind[];
  readonly random: SeededRandom;
  readonly services: readonly ServiceMember[];
  readonly agents: readonly AgentMember[];
  readonly cluster: NatsCluster;
  readonly onStrike: (what: string) => void;
}

/** Between two strikes. */
const SHORTEST_GAP_MS = 300;
const LONGEST_GAP_MS = 2_500;
/** So many members are in trouble at once, and one NATS node: a cluster without a majority shows nothing but waiting. */
const MAX_MEMBERS_AT_ONCE = 3;
const FORGET_SHARE = 0.3;
/** A timer takes no more. */
const FOREVER_MS = 2 ** 31 - 1;

/** Kills, pauses and cuts off, at random moments, and undoes each after a while. */
export class Nemesis {
  readonly counts: NemesisCounts = noCounts();
  private readonly options: NemesisOptions;
  private readonly busy = new Set<Member>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly over = new AbortController();
  private natsBusy = false;
  /** What kept a strike from being undone: a server that did not start again, say. */
  private failure: Error | undefined;

  constructor(options: NemesisOptions) {
    this.options = options;
  }

  /** Strikes until `until` is aborted; resolves when all that it did is undone. @throws what kept it from being undone */
  async run(until: AbortSignal): Promise<void> {
    const { random, kinds } = this.options;
    until.addEventListener('abort', () => this.over.abort(), { once: true });
    if (kinds.length === 0) await this.wait(FOREVER_MS);
    while (!until.aborted && this.failure === undefined) {
      await this.wait(random.between(SHORTEST_GAP_MS, LONGEST_GAP_MS));
      if (until.aborted || this.underWay.size > MAX_MEMBERS_AT_ONCE) continue;
      const strike = this.strike(random.pick(kinds)).then(
        () => void this.underWay.delete(strike),
        (error: Error) => void (this.failure ??= error),
      );
      this.underWay.add(strike);
    }
    await Promise.all(this.underWay);
    if (this.failure !== undefined) throw this.failure;
  }

  private async strike(kind: NemesisKind): Promise<void> {
    const { services, agents } = this.options;
    switch (kind) {
      case 'service_killed':
        return this.onMember(kind, services, (service, random) => this.restart(service, () => service.kill(), random.between(0, 3_000), random.chance(FORGET_SHARE)));
      case 'service_restarted':
        return this.onMember(kind, services, (service, random) => this.restart(service, () => service.stop(), random.between(0, 1_000), false));
      case 'service_paused':
        return this.onMember(kind, services, (service, random) => this.pause(service, random.between(200, 12_000)));
      case 'agent_killed':
        return this.onMember(kind, agents, (agent, random) => this.restart(agent, () => agent.kill(), random.between(100, 15_000), false));
      case 'agent_paused':
        return this.onMember(kind, agents, (agent, random) => this.pause(agent, random.between(200, 16_000)));
      case 'connection_cut':
        return this.onMember(kind, [...services, ...agents], async ({ proxy }, random) => {
          proxy.cut();
          await this.wait(random.between(0, 8_000));
          proxy.restore();
        });
      case 'connection_held':
        return this.onMember(kind, [...services, ...agents], async ({ proxy }, random) => {
          proxy.hold();
          await this.wait(random.between(500, 10_000));
          proxy.restore();
        });
      case 'nats_killed':
      case 'nats_leader_killed':
        return this.onNats(kind, async ({ server }, random) => {
          await server.kill();
          await this.wait(random.between(0, 4_000));
          await server.restart();
        });
      case 'nats_paused':
      case 'nats_leader_paused':
        return this.onNats(kind, async ({ server }, random) => {
          const pid = server.pid!;
          process.kill(pid, 'SIGSTOP');
          await this.wait(random.between(500, 8_000));
          process.kill(pid, 'SIGCONT');
        });
    }
  }

  /** Picks a member that is in no trouble yet. */
  private async onMember<M extends Member>(kind: NemesisKind, members: readonly M[], trouble: (member: M, random: SeededRandom) => Promise<void>): Promise<void> {
    const { random, onStrike } = this.options;
    const free = members.filter((member) => member.isRunning && !this.busy.has(member));
    if (free.length === 0) return;
    const member = random.pick(free);
    this.busy.add(member);
    this.counts[kind] += 1;
    onStrike(`${kind} ${member.incarnation}`);
    await trouble(member, random);
    this.busy.delete(member);
  }

  /** One node at a time; the next only when the cluster has come together again. */
  private async onNats(kind: NemesisKind, trouble: (node: NatsNode, random: SeededRandom) => Promise<void>): Promise<void> {
    const { random, cluster, onStrike } = this.options;
    if (this.natsBusy) return;
    this.natsBusy = true;
    const node = kind === 'nats_leader_killed' || kind === 'nats_leader_paused' ? await cluster.leaderOf(STREAM_NAME) : random.pick(cluster.nodes);
    if (node !== undefined) {
      this.counts[kind] += 1;
      onStrike(`${kind} ${node.name}`);
      await trouble(node, random);
      await cluster.whenFormed();
    }
    this.natsBusy = false;
  }

  private async restart(member: Member, end: () => Promise<void>, afterMs: number, forget: boolean): Promise<void> {
    await end();
    if (forget) (member as ServiceMember).forget();
    await this.wait(afterMs);
    member.start();
  }

  private async pause(member: Member, forMs: number): Promise<void> {
    member.pause();
    await this.wait(forMs);
    member.resume();
  }

  /** Cut short when the run's trouble is over. */
  private async wait(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.over.signal }).catch((error: unknown) => {
      if (!this.over.signal.aborted) throw error;
    });
  }
}
