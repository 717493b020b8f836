import type { Side } from '@irqmesh/domain';
import type { LaneShape, SeededRandom } from '@irqmesh/test-load';

/** What may be fixed instead of drawn, to make a run smaller. */
export interface ShapeLimits {
  readonly hosts?: number | undefined;
  readonly tokens?: number | undefined;
  /** Participants of each host. */
  readonly lanes?: number | undefined;
  /** Of each side. */
  readonly registries?: number | undefined;
  readonly matchers?: number | undefined;
  readonly loadMs?: number | undefined;
}

/** How large a simulated world is. */
export interface Shape {
  readonly hosts: readonly HostShape[];
  readonly tokens: readonly string[];
  readonly registries: Readonly<Record<Side, number>>;
  readonly matchers: number;
  readonly partitions: number;
  /** How long the load, and the faults, last. */
  readonly loadMs: number;
}

export interface HostShape {
  readonly host: string;
  readonly autoReopen: boolean;
  readonly requestTimeoutMs: number;
  readonly lanes: readonly LaneShape[];
}

/** Callback deadlines: short ones, so that they are overrun; the longest that a session of 10 s allows. */
const DEADLINES_MS = [200, 1_000, 3_000, 5_500];

/** Draws a world from a seed; what is limited is drawn all the same, so that the rest stays as it was. */
export function drawShape(random: SeededRandom, limits: ShapeLimits): Shape {
  const hosts = Math.min(1 + random.below(3), limits.hosts ?? Infinity);
  const tokenCount = Math.min(1 + random.below(4), limits.tokens ?? Infinity);
  const tokens = Array.from({ length: tokenCount }, (_, index) => `t${index}`);
  const loadMs = Math.min(random.between(12_000, 40_000), limits.loadMs ?? Infinity);
  return {
    tokens,
    loadMs,
    hosts: Array.from({ length: hosts }, (_, index) => drawHost(random.fork(`host ${index}`), `host-${'abc'[index]!}`, tokens, limits)),
    registries: { producer: Math.min(1 + random.below(2), limits.registries ?? Infinity), consumer: Math.min(1 + random.below(2), limits.registries ?? Infinity) },
    matchers: Math.min(1 + random.below(3), limits.matchers ?? Infinity),
    partitions: 1 + random.below(3),
  };
}

function drawHost(random: SeededRandom, host: string, tokens: readonly string[], limits: ShapeLimits): HostShape {
  const autoReopen = random.chance(0.6);
  const requestTimeoutMs = random.pick([8_000, 30_000]);
  const group = random.chance(0.3) ? 'vm-1' : undefined;
  const gapMs = random.between(500, 4_000);
  const count = Math.min(2 + random.below(4), limits.lanes ?? Infinity);
  const lanes = Array.from({ length: count }, (_, index): LaneShape => {
    const side: Side = index % 2 === 0 ? 'producer' : 'consumer';
    return {
      side,
      participant: `${side === 'producer' ? 'vector' : 'irqfd'}-${index}`,
      tokens,
      gapMs,
      deadlinesMs: [random.pick(DEADLINES_MS), random.pick(DEADLINES_MS)],
      quiesceGroup: group,
    };
  });
  return { host, autoReopen, requestTimeoutMs, lanes };
}
