/** A claim that a PCI function of the host is passed through to a VM. */
export interface Passthrough {
  readonly bdf: string;
  /** Line of the element or argument that says so. */
  readonly line: number;
  /** A name the user gave the device (`<alias name='ua-nvme0'/>` without `ua-`), or what it is by its element. */
  readonly label: string | undefined;
}

/** A vCPU's pinning: the host CPUs it may run on. */
export interface VcpuPin {
  readonly vcpu: number;
  readonly cpus: readonly number[];
}

/** A VM as its definition tells it. */
export interface VmDefinition {
  readonly source: string;
  readonly line: number;
  readonly name: string;
  readonly uuid: string | undefined;
  readonly vcpus: number | undefined;
  readonly pins: readonly VcpuPin[];
  readonly passthroughs: readonly Passthrough[];
}
