import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaneShape, SeededRandom } from '@irqmesh/test-load';
import { NatsCluster } from '../bus/nats-cluster.ts';
import { TcpProxy } from '../bus/tcp-proxy.ts';
import { AgentMember } from '../processes/agent-member.ts';
import type { AgentShape } from '../processes/agent-member.ts';
import { ServiceMember } from '../processes/service-member.ts';
import type { ServiceName } from '../processes/service-member.ts';
import { momentNow } from './moments.ts';
import { Recording } from './recording.ts';

export interface SiteOptions {
  readonly nodes: 1 | 3;
  readonly hosts: number;
  readonly random: SeededRandom;
}

const COUNTS: Readonly<Record<ServiceName, number>> = { 'producer-registry': 2, 'consumer-registry': 2, matcher: 3 };
const INSTANCES = Object.entries(COUNTS).flatMap(([name, count]) => Array.from({ length: count }, (_, index) => ({ service: name as ServiceName, index })));
const SETTINGS = {
  IRQMESH_PARTITIONS: '4',
  IRQMESH_LEASE_TTL_MS: '3000',
  // Production waits for 60 s.
  IRQMESH_EVICT_UNANSWERED_AFTER_MS: '12000',
};
const READY_TIMEOUT_MS = 90_000;
const POLL_MS = 100;
const TOKENS_PER_HOST = 2;
const LANES = 6;
/** Callback deadlines: short ones, so that they are overrun; the longest that a session of 10 s allows. */
const DEADLINES_MS = [200, 1_000, 3_000, 5_500];

/** Everything that a round runs: NATS, the services and the agents as processes, and the proxies between. */
export class Site {
  readonly cluster: NatsCluster;
  readonly services: readonly ServiceMember[];
  readonly agents: readonly AgentMember[];
  readonly recording: Recording;
  private readonly folder: string;

  private constructor({ cluster, services, agents, recording, folder }: Pick<Site, 'cluster' | 'services' | 'agents' | 'recording'> & { readonly folder: string }) {
    this.cluster = cluster;
    this.services = services;
    this.agents = agents;
    this.recording = recording;
    this.folder = folder;
  }

  /** Starts NATS; nothing else runs yet. */
  static async build({ nodes, hosts, random }: SiteOptions): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), 'irqmesh-chaos-'));
    try {
      const cluster = await NatsCluster.start(nodes, folder);
      const recording = new Recording();
      const openProxy = proxiesTo(cluster, random.fork('routes'));
      const settings = { ...SETTINGS, IRQMESH_REPLICAS: String(nodes) };
      const services = await Promise.all(
        INSTANCES.map(async ({ service, index }) => new ServiceMember({
          service, index, settings, proxy: await openProxy(), stateDir: join(folder, `${service}-${index}`),
          onEvicting: (host, session) => recording.turned({ agent: `${service}-${index}`, host, at: momentNow(), kind: 'evicted', session }),
        })),
      );
      const names = Array.from({ length: hosts }, (_, index) => `host-${index}`);
      const agents = await Promise.all(names.map(async (host) => new AgentMember(drawAgent(random.fork(host), host, hosts), await openProxy(), random.fork(`load ${host}`).id(), recording)));
      return new Site({ cluster, services, agents, recording, folder });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get hosts(): string[] {
    return this.agents.map(({ host }) => host);
  }

  /** Starts every service and waits until all take calls. @throws when that takes too long. */
  async startServices(signal: AbortSignal): Promise<void> {
    for (const service of this.services) service.start();
    const untilMs = performance.now() + READY_TIMEOUT_MS;
    for (const service of this.services) {
      for (; !(await service.isReady()); await sleep(POLL_MS, undefined, { signal })) {
        if (performance.now() > untilMs) throw new Error(`${service.incarnation} was not ready within ${READY_TIMEOUT_MS / 1_000} s; its last lines:\n${service.log.slice(-20).join('\n')}`);
      }
    }
  }

  /** Stops every service in order: what does not end as it should is a surprise of it. */
  async stopServices(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
  }

  /** Ends whatever still runs and removes the folder. */
  async tearDown(): Promise<void> {
    const members = [...this.services, ...this.agents];
    await Promise.all(members.map((member) => member.kill()));
    await Promise.all(members.map(({ proxy }) => proxy.close()));
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Opens a proxy for each process; each connection through it goes to one of the nodes that run then. */
function proxiesTo(cluster: NatsCluster, random: SeededRandom): () => Promise<TcpProxy> {
  return () => TcpProxy.listen(() => {
    const up = cluster.nodes.filter(({ server }) => server.pid !== undefined);
    return up.length === 0 ? undefined : Number(new URL(random.pick(up).server.url).port);
  });
}

function drawAgent(random: SeededRandom, host: string, hosts: number): AgentShape {
  const tokens = Array.from({ length: TOKENS_PER_HOST * hosts }, (_, index) => `t${index}`);
  const quiesceGroup = random.chance(0.3) ? 'vm-1' : undefined;
  const gapMs = random.between(100, 500);
  const lanes = Array.from({ length: LANES }, (_, index): LaneShape => {
    const side = index % 2 === 0 ? 'producer' : 'consumer';
    return { side, participant: `${side === 'producer' ? 'vector' : 'irqfd'}-${index}`, tokens, gapMs, deadlinesMs: [random.pick(DEADLINES_MS), random.pick(DEADLINES_MS)], quiesceGroup };
  });
  return {
    host,
    lanes,
    autoReopen: random.chance(0.7),
    requestTimeoutMs: random.pick([8_000, 30_000]),
    callbackFaults: { callback_failed: 0.1, callback_slow: 0.05, callback_late: 0.02, callback_hung: 0.001, agent_crash_at_callback: 0.002 },
  };
}
