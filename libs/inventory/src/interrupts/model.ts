import type { Warning } from '../warning.ts';

/** How a vector is signalled. Only `msix` and `msi` vectors register an irq bypass producer in the kernel, `intx` never does. */
export type VectorKind = 'msix' | 'msi' | 'intx';

/** A vector that VFIO handed to user space, by its action name: `vfio-msix[1](0000:03:00.0)`. */
export interface VfioAction {
  readonly kind: VectorKind;
  readonly bdf: string;
  /** Number of the vector within its device: 0 to 2047 for msix, 0 to 31 for msi, 0 for intx. */
  readonly index: number;
}

/** The PCI function and vector a row belongs to, whatever driver holds it. */
export interface PciVector {
  readonly bdf: string;
  /** Undefined where only an action's name tells the function. */
  readonly index: number | undefined;
  /** Kernels from 6.2 on print it; older ones have one chip name for both. */
  readonly kind: 'msix' | 'msi' | undefined;
}

/** A row of a numbered interrupt. */
export interface InterruptRow {
  /** Line in the source, from 1. */
  readonly line: number;
  /** Linux irq number. */
  readonly irq: number;
  /** One counter for each CPU of the dump. Each is 32 bits wide in the kernel and wraps. */
  readonly counts: readonly number[];
  /** `IR-PCI-MSIX-0000:03:00.0`, `IO-APIC`, `GICv3`, …; undefined where the row is cut before it. */
  readonly chip: string | undefined;
  readonly hwirq: number | undefined;
  /** `edge`, `fasteoi`, `Level`, … */
  readonly flow: string | undefined;
  /** Names of the handlers that share the interrupt. */
  readonly actions: readonly string[];
  readonly pci: PciVector | undefined;
  readonly vfio: readonly VfioAction[];
}

/** A row of an interrupt without a number: `NMI`, `LOC`, `PIN` (posted interrupt notification), `PIW` (its wakeup), `IPI0`. */
export interface ArchRow {
  readonly line: number;
  readonly label: string;
  /** As many counters as the row has: one for `ERR`, `MIS` and `Err`, else one for each CPU. */
  readonly counts: readonly number[];
  readonly description: string;
}

/** What one /proc/interrupts holds. */
export interface InterruptsDump {
  readonly source: string;
  /** Numbers of the CPUs that were online; numbers may be missing in between. */
  readonly cpus: readonly number[];
  /** Undefined when the dump had no header, and the CPUs are counted from 0. */
  readonly headerLine: number | undefined;
  readonly rows: readonly InterruptRow[];
  readonly archRows: readonly ArchRow[];
  readonly warnings: readonly Warning[];
}
