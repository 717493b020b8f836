import type { Clock } from '@irqmesh/domain';
import type { IrqMeshClient } from '@irqmesh/client/core';
import { Device, Lane } from '@irqmesh/test-load';
import type { LaneShape, SeededRandom } from '@irqmesh/test-load';
import type { Life } from '../world/life.ts';
import type { World } from '../world/world.ts';

/** What the participants of one host do, in each run of its agent, until the load is over. */
export class HostLoad {
  private readonly world: World;
  private readonly host: string;
  private readonly shapes: readonly LaneShape[];
  private readonly random: SeededRandom;
  private readonly isOver: () => boolean;

  constructor(world: World, host: string, shapes: readonly LaneShape[], random: SeededRandom, isOver: () => boolean) {
    this.world = world;
    this.host = host;
    this.shapes = shapes;
    this.random = random;
    this.isOver = isOver;
  }

  /** @param crash kills the agent. */
  run(client: IrqMeshClient, life: Life, clock: Clock, crash: () => void): void {
    const { world, host, random, isOver } = this;
    const { recorder, faults } = world;
    const trace = (what: string): void => world.trace.write(life.name, what);
    const device = new Device({ host, life, clock, random: random.fork(`${life.name} callbacks`), faults, recorder, trace, crash });
    for (const shape of this.shapes) {
      const lane = new Lane({ shape, host, client, life, clock, random: random.fork(`${life.name} ${shape.side} ${shape.participant}`), recorder, trace, device, isOver });
      lane.run().catch((error: unknown) => recorder.unexpected(`${life.name}'s load`, error));
    }
  }
}
