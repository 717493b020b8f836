import { IrqBypassError } from '@irqmesh/domain';
import type { Vector } from './vector.ts';

/** A registration that did not come about, as the drivers of a running VM log it and go on. */
export interface Refusal {
  readonly token: string;
  readonly errno: number;
  readonly message: string;
}

/** What a VM's boot or shutdown did. */
export interface VmChange {
  /** Vectors that the VM has. */
  readonly vectors: number;
  readonly refusals: readonly Refusal[];
}

export type VmState = 'off' | 'booting' | 'running' | 'stopping';

/** A VM that has devices passed through, and what QEMU does with them. */
export class Vm {
  readonly name: string;
  readonly vectors: readonly Vector[];
  state: VmState = 'off';

  constructor(name: string, vectors: readonly Vector[]) {
    this.name = name;
    this.vectors = vectors;
  }

  /** QEMU sets up the irqfds first, then VFIO's triggers: consumers, then producers. Booting a running VM does nothing. */
  async boot(): Promise<VmChange> {
    if (this.state === 'running') return { vectors: this.vectors.length, refusals: [] };
    this.state = 'booting';
    const consumers = await this.forEach((vector) => vector.assignIrqfd());
    const producers = await this.forEach((vector) => vector.setTrigger(vector.place.kvmToken));
    this.state = 'running';
    return { vectors: this.vectors.length, refusals: [...consumers, ...producers] };
  }

  /** The guest disables MSI-X first (producers), the irqfds go last (consumers). */
  async shutdown(): Promise<VmChange> {
    this.state = 'stopping';
    const producers = await this.forEach((vector) => vector.clearTrigger());
    const consumers = await this.forEach((vector) => vector.deassignIrqfd());
    this.state = 'off';
    return { vectors: this.vectors.length, refusals: [...producers, ...consumers] };
  }

  /** All at once, so that they travel in batches; a refused one does not stop the others. */
  private async forEach(action: (vector: Vector) => Promise<void>): Promise<Refusal[]> {
    const results = await Promise.all(
      this.vectors.map(async (vector): Promise<Refusal | undefined> => {
        try {
          await action(vector);
          return undefined;
        } catch (error) {
          if (!(error instanceof IrqBypassError)) throw error;
          return { token: vector.place.kvmToken, errno: error.errno, message: error.message };
        }
      }),
    );
    return results.filter((refusal) => refusal !== undefined);
  }
}
