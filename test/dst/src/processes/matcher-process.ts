import { MatcherNode } from '@irqmesh/matcher-service/core';
import type { InMemoryBucket, InMemoryReadModel } from '@irqmesh/registry';
import type { ClockError } from '../time/process-clock.ts';
import { SimBucket } from '../world/sim-buckets.ts';
import { SimInvokeCaller } from '../world/sim-calls.ts';
import { SimReadModel } from '../world/sim-read-model.ts';
import type { Seat } from '../world/seat.ts';
import type { World } from '../world/world.ts';
import { ServiceProcess } from './service-process.ts';

const STALL_AFTER_MS = 10_000;
/** Fewer than there are tokens, so that some have to wait. */
const MAX_DRIVEN_OPERATIONS = 2;

/** One matcher. */
export class MatcherProcess extends ServiceProcess {
  private readonly leases: InMemoryBucket;

  constructor(world: World, index: number, clockError: ClockError) {
    super(world, `matcher-${index}`, clockError);
    this.leases = world.leases();
  }

  protected open(seat: Seat, store: InMemoryReadModel): MatcherNode {
    const ports = {
      log: this.log,
      readModel: new SimReadModel(seat, store),
      leases: new SimBucket(seat, this.leases),
      registries: new SimInvokeCaller(seat),
      clock: seat.clock,
    };
    return new MatcherNode({ instance: this.node, acceptDataLoss: false, stallAfterMs: STALL_AFTER_MS, maxDrivenOperations: MAX_DRIVEN_OPERATIONS }, ports, this.reports(seat));
  }

  protected takeCalls({ life }: Seat): void {
    this.world.trace.write(life.name, 'drives');
  }

  protected leave(): void {}
}
