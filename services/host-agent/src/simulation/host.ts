import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { Clock } from '@irqmesh/domain';
import { eventfdToken, FIRST_EVENTFD, vectorTokens } from '@irqmesh/inventory';
import type { HostInventory } from '@irqmesh/inventory';
import type { BypassManager } from './bypass-manager.ts';
import { LatencyLog } from './latency-log.ts';
import { TimedManager } from './timed-manager.ts';
import { Vector } from './vector.ts';
import type { VectorState } from './vector.ts';
import { Vm } from './vm.ts';
import type { VmChange, VmState } from './vm.ts';

export interface DeviceReport {
  readonly bdf: string;
  readonly vm: string;
  /** A letter for each vector in the order of its index: P posted, R remapped, M masked, - off. */
  readonly vectors: string;
}

export interface HostReport {
  readonly host: string;
  readonly boot: number;
  readonly vms: readonly { readonly name: string; readonly state: VmState }[];
  readonly devices: readonly DeviceReport[];
  readonly counts: Readonly<Record<VectorState, number>>;
  /** From a register call to its settled answer, the latest of them, in microseconds and in no order. */
  readonly registerLatenciesUs: readonly number[];
}

const LETTERS: Readonly<Record<VectorState, string>> = { posted: 'P', remapped: 'R', masked: 'M', off: '-' };

/** A host as its inventory shows it: its VMs and the vectors of the devices passed through to them. */
export class Host {
  private readonly inventory: HostInventory;
  private readonly boot: number;
  private readonly latencies = new LatencyLog();
  private readonly vms: ReadonlyMap<string, Vm>;
  private readonly vectors: readonly Vector[];

  /** @param boot number of this boot, from 1: it stands in the tokens */
  constructor(inventory: HostInventory, boot: number, manager: BypassManager, clock: Clock) {
    this.inventory = inventory;
    this.boot = boot;
    const timed = new TimedManager(manager, clock, this.latencies);
    const entries = vectorTokens(inventory, boot);
    const userToken = (at: number): string => eventfdToken(inventory.name, boot, FIRST_EVENTFD + entries.length + at);
    const built = entries.map(({ bdf, vm, vector: { index, hostIrq }, token }, at) => {
      const place = { bdf, index, hostIrq, kvmToken: token, userToken: userToken(at) };
      return { vm, vector: new Vector(timed, place) };
    });
    this.vectors = built.map(({ vector }) => vector);
    this.vms = new Map(
      inventory.vms.map(({ name }) => [name, new Vm(name, built.filter(({ vm }) => vm === name).map(({ vector }) => vector))]),
    );
  }

  /** @throws IrqBypassError -ENOENT for a VM that the host does not have */
  vm(name: string): Vm {
    const vm = this.vms.get(name);
    if (vm !== undefined) return vm;
    const known = this.vms.size === 0 ? 'it has none' : `it has ${[...this.vms.keys()].slice(0, 8).join(', ')}`;
    throw new IrqBypassError(Errno.ENOENT, `host ${this.inventory.name} has no VM ${JSON.stringify(name)}; ${known}`);
  }

  bootVm(name: string): Promise<VmChange> {
    return this.vm(name).boot();
  }

  shutdownVm(name: string): Promise<VmChange> {
    return this.vm(name).shutdown();
  }

  /** @throws IrqBypassError -ENOENT for a vector that the host does not have */
  vector(bdf: string, index: number): Vector {
    const vector = this.vectors.find(({ place }) => place.bdf === bdf && place.index === index);
    if (vector !== undefined) return vector;
    throw new IrqBypassError(Errno.ENOENT, `host ${this.inventory.name} has no MSI or MSI-X vector ${index} of ${JSON.stringify(bdf)}`);
  }

  report(): HostReport {
    const counts: Record<VectorState, number> = { off: 0, remapped: 0, posted: 0, masked: 0 };
    const letters = new Map<string, string>();
    for (const { place, state } of this.vectors) {
      counts[state] += 1;
      letters.set(place.bdf, (letters.get(place.bdf) ?? '') + LETTERS[state]);
    }
    return {
      host: this.inventory.name,
      boot: this.boot,
      vms: [...this.vms.values()].map(({ name, state }) => ({ name, state })),
      devices: this.inventory.devices.map(({ bdf, vm }) => ({ bdf, vm, vectors: letters.get(bdf) ?? '' })),
      counts,
      registerLatenciesUs: this.latencies.list(),
    };
  }
}
