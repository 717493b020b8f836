import type { Clock } from '@irqmesh/domain';
import type { EventLog } from '@irqmesh/event-log';
import { encodePartitionLease } from '@irqmesh/protocol';
import { LogFollower, PartitionLeases } from '@irqmesh/registry';
import type { Bucket, NodeReports, ReadModel } from '@irqmesh/registry';
import type { InvokeCaller } from './invoke-caller.ts';
import { Matcher } from './matcher.ts';
import { MatcherRpc } from './matcher-rpc.ts';
import { RegistryInvoker } from './registry-invoker.ts';

/** Everything that a matcher touches of the world. */
export interface MatcherNodePorts {
  readonly log: EventLog;
  readonly readModel: ReadModel;
  readonly leases: Bucket;
  readonly registries: InvokeCaller;
  readonly clock: Clock;
}

export interface MatcherNodeSettings {
  /** The instance's name, for its leases and the events it writes. */
  readonly instance: string;
  readonly acceptDataLoss: boolean;
  /** An operation open for longer than this leaves a note in the log. */
  readonly stallAfterMs: number;
  /** Operations driven at once; the others wait in the fold. */
  readonly maxDrivenOperations: number;
}

/** One matcher, put together from its parts; the service and the simulator run this. */
export class MatcherNode {
  readonly follower: LogFollower;
  readonly rpc: MatcherRpc;
  readonly leases: PartitionLeases;
  private readonly matcher: Matcher;
  private started = false;
  private closed = false;

  constructor(settings: MatcherNodeSettings, ports: MatcherNodePorts, { onFatal, onWarning }: NodeReports) {
    const { instance, acceptDataLoss, stallAfterMs, maxDrivenOperations } = settings;
    const { log, readModel, clock } = ports;
    const follower = new LogFollower({ log, clock, readModel, acceptDataLoss, onFatal, onWarning });
    const holds = (partition: number): boolean => this.leases.holds(partition);
    const invoker = new RegistryInvoker(ports.registries);
    this.follower = follower;
    this.matcher = new Matcher({ follower, log, invoker, clock, source: `matcher/${instance}`, holds, stallAfterMs, maxDrivenOperations, onError: onWarning });
    this.leases = new PartitionLeases({
      bucket: ports.leases,
      clock,
      holder: instance,
      partitions: log.partitions,
      leaseValue: () => encodePartitionLease({ matcher: instance, takenMs: clock.nowMs() }),
      onGained: () => this.matcher.resume(),
      onLost: (partition) => this.matcher.release(partition),
      onError: onWarning,
    });
    this.rpc = new MatcherRpc({ instance, matcher: this.matcher, follower, log, holds });
  }

  /** Folds the log and takes a share of the partitions. */
  async start(): Promise<void> {
    await this.follower.start();
    await this.follower.whenCaughtUp();
    if (this.closed) return;
    await this.leases.start();
    this.started = true;
  }

  /** Whether it may drive: the fold has caught up with the log and the leases are kept. */
  get ready(): boolean {
    return this.started && this.follower.caughtUp;
  }

  /** Stops driving, gives the leases back and closes the read model. */
  async close(): Promise<void> {
    this.closed = true;
    await this.matcher.close();
    await this.leases.close();
    await this.follower.close();
  }
}
