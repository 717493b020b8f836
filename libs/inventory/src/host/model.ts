import type { VectorKind } from '../interrupts/model.ts';
import type { VcpuPin } from '../vm-definition.ts';

/** One interrupt vector of a device: what registers as a producer when the vector's eventfd is set. */
export interface Vector {
  /** Number within the device, unique there. */
  readonly index: number;
  /** Linux irq number on the host. */
  readonly hostIrq: number;
  /** Only `msix` and `msi` vectors have an irq bypass producer in the kernel (vfio_msi_set_vector_signal). */
  readonly kind: VectorKind;
  /** Interrupts on each CPU, in the order of the host's `cpus`. The kernel's counters have 32 bits and wrap. */
  readonly counts: readonly number[];
  /** Sum of `counts`. */
  readonly total: number;
}

/** A PCI function passed through to a VM. */
export interface Device {
  /** `DDDD:BB:DD.F`, lower case. */
  readonly bdf: string;
  /** What it is, for people: product, alias or driver, as far as the sources tell. */
  readonly label: string;
  /** Name of the VM it belongs to. */
  readonly vm: string;
  /** In the order of their indices; empty when no dump shows any. */
  readonly vectors: readonly Vector[];
}

export interface Vm {
  /** Unique within the host. */
  readonly name: string;
  readonly uuid?: string;
  readonly vcpus?: number;
  readonly pins: readonly VcpuPin[];
  /** Addresses of its devices, each of which is in the host's `devices`; no device is in two VMs. */
  readonly devices: readonly string[];
  /** No definition names it: it was made up to hold a device that the interrupts dump shows. */
  readonly synthesized: boolean;
}

/** A host as the demo plays it: its CPUs, the devices it passes through, its VMs. */
export interface HostInventory {
  /** 1 to 64 letters, digits, `-` or `_`: it stands in NATS subjects. */
  readonly name: string;
  /** Numbers of the online CPUs, ascending; empty without an interrupts dump. */
  readonly cpus: readonly number[];
  /** In the order of their addresses. */
  readonly devices: readonly Device[];
  readonly vms: readonly Vm[];
}
