import type { Side } from '@irqmesh/domain';
import { BucketSessionDirectory, RegistryNode } from '@irqmesh/registry';
import type { InMemoryReadModel, Node, RegistryLimits, RegistryRpc } from '@irqmesh/registry';
import type { ClockError } from '../time/process-clock.ts';
import { SimBucket } from '../world/sim-buckets.ts';
import { SimAgentCaller } from '../world/sim-calls.ts';
import { SimReadModel } from '../world/sim-read-model.ts';
import type { Seat } from '../world/seat.ts';
import type { Responder, World } from '../world/world.ts';
import { ServiceProcess } from './service-process.ts';

export interface RegistrySettings extends RegistryLimits {
  readonly sessionTtlMs: number;
  readonly evictUnansweredAfterMs: number;
}

/** One instance of a side's registry. */
export class RegistryProcess extends ServiceProcess {
  private readonly side: Side;
  private readonly settings: RegistrySettings;
  private responder: Responder<RegistryRpc> | undefined;

  constructor(world: World, side: Side, index: number, settings: RegistrySettings, clockError: ClockError) {
    super(world, `${side}-registry-${index}`, clockError);
    this.side = side;
    this.settings = settings;
  }

  protected open(seat: Seat, store: InMemoryReadModel): RegistryNode {
    const { world, side } = this;
    const reports = this.reports(seat);
    const ports = {
      log: this.log,
      readModel: new SimReadModel(seat, store),
      sessions: new BucketSessionDirectory(new SimBucket(seat, world.sessions), reports.onWarning),
      agents: new SimAgentCaller(seat),
      clock: seat.clock,
      random: world.random.fork(seat.life.name),
    };
    return new RegistryNode({ side, instance: this.node, acceptDataLoss: false, ...this.settings }, ports, reports);
  }

  protected takeCalls({ life }: Seat, node: Node<unknown>): void {
    const responder: Responder<RegistryRpc> = { node: this.node, life, handler: (node as RegistryNode).rpc };
    const group = this.world.registries[this.side];
    group.add(responder);
    life.onEnd(() => group.delete(responder));
    this.responder = responder;
    this.world.trace.write(life.name, 'takes calls');
  }

  protected leave(): void {
    if (this.responder !== undefined) this.world.registries[this.side].delete(this.responder);
  }
}
