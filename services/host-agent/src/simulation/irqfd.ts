import type { BypassManager, ConsumerHandle } from './bypass-manager.ts';

/** How the IOMMU's interrupt remapping table delivers the vector: to the host's CPU, or straight into the guest. */
export type IrteMode = 'remapped' | 'posted';

/**
 * KVM's end of a vector, `struct kvm_kernel_irqfd`: a consumer whose callbacks move the vector's entry of the interrupt
 * remapping table (IRTE) between remapped and posted.
 */
export class Irqfd {
  /** `kvm_arch_update_irqfd_routing`: what the IOMMU does with the interrupt now. */
  irte: IrteMode = 'remapped';
  /** The software path (eventfd, irqfd, injection) is held while the entry changes. */
  halted = false;
  /** How often the entry was switched. */
  switches = 0;
  private readonly handle: ConsumerHandle;

  constructor(manager: BypassManager, id: string) {
    this.handle = manager.consumer({
      id,
      stop: () => this.setHalted(true),
      addProducer: () => this.setIrte('posted'),
      delProducer: () => this.setIrte('remapped'),
      start: () => this.setHalted(false),
    });
  }

  /** KVM_IRQFD with an eventfd. */
  assign(token: string): Promise<unknown> {
    return this.handle.register(token);
  }

  /** KVM_IRQFD with KVM_IRQFD_FLAG_DEASSIGN. */
  deassign(): Promise<void> {
    return this.handle.unregister();
  }

  private setIrte(mode: IrteMode): void {
    this.irte = mode;
    this.switches += 1;
  }

  private setHalted(halted: boolean): void {
    this.halted = halted;
  }
}
