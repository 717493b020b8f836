import type { Passthrough, VmDefinition } from '../vm-definition.ts';
import type { Warning } from '../warning.ts';

/** A `<device>` of `virsh nodedev-dumpxml`: a PCI function of the host, whoever uses it. */
export interface NodeDevice {
  readonly source: string;
  readonly line: number;
  readonly bdf: string;
  /** `82576 Virtual Function`; undefined when the element has no product name. */
  readonly product: string | undefined;
}

/** What one libvirt XML file holds. */
export interface LibvirtDocument {
  readonly source: string;
  readonly vms: readonly VmDefinition[];
  /** From `<hostdev>` and `<interface type='hostdev'>` outside of any domain, as `virsh attach-device` takes them. */
  readonly fragments: readonly Passthrough[];
  readonly nodeDevices: readonly NodeDevice[];
  readonly warnings: readonly Warning[];
}
