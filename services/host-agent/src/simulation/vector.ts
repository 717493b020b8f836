import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { BypassManager, ProducerHandle } from './bypass-manager.ts';
import { Irqfd } from './irqfd.ts';

/**
 * - `off`: its VM does not run. `remapped`: the interrupt passes the host. `posted`: it goes straight into the guest.
 * - `masked`: the guest masked it; its producer signals an eventfd that QEMU reads itself.
 */
export type VectorState = 'off' | 'remapped' | 'posted' | 'masked';

export interface VectorPlace {
  /** `DDDD:BB:DD.F` */
  readonly bdf: string;
  /** Number within the device. */
  readonly index: number;
  readonly hostIrq: number;
  /** QEMU's `vector->kvm_interrupt`: the eventfd that the irqfd listens on. */
  readonly kvmToken: string;
  /** QEMU's `vector->interrupt`: the eventfd that a masked vector signals; nobody registers a consumer for it. */
  readonly userToken: string;
}

/** One MSI or MSI-X vector of a device passed through: VFIO's producer and KVM's consumer. */
export class Vector {
  readonly place: VectorPlace;
  readonly irqfd: Irqfd;
  private readonly manager: BypassManager;
  private readonly producer: ProducerHandle;
  /** The eventfd that VFIO signals now, if its trigger is set. */
  private trigger: string | undefined;
  private assigned = false;

  constructor(manager: BypassManager, place: VectorPlace) {
    this.place = place;
    this.manager = manager;
    const name = `${place.bdf}-${place.index}`;
    this.irqfd = new Irqfd(manager, `irqfd-${name}`);
    this.producer = manager.producer({ id: `vfio-${name}` });
  }

  get state(): VectorState {
    if (this.trigger === undefined && !this.assigned) return 'off';
    if (this.trigger === this.place.userToken) return 'masked';
    return this.irqfd.irte;
  }

  /** KVM: `kvm_irqfd_assign`. */
  async assignIrqfd(): Promise<void> {
    await this.irqfd.assign(this.place.kvmToken);
    this.assigned = true;
  }

  async deassignIrqfd(): Promise<void> {
    await this.irqfd.deassign();
    this.assigned = false;
  }

  /** VFIO: `vfio_msi_set_vector_signal` with an eventfd; one that is set is taken away first. */
  async setTrigger(token: string): Promise<void> {
    await this.clearTrigger();
    await this.producer.register(token, this.place.hostIrq);
    this.trigger = token;
  }

  /** VFIO: the same with -1. */
  async clearTrigger(): Promise<void> {
    await this.producer.unregister();
    this.trigger = undefined;
  }

  /** The guest masks the vector; QEMU has VFIO signal the eventfd that it reads itself. */
  async mask(): Promise<void> {
    this.assertRunning('mask');
    await this.setTrigger(this.place.userToken);
  }

  async unmask(): Promise<void> {
    this.assertRunning('unmask');
    await this.setTrigger(this.place.kvmToken);
  }

  /** Another device's vector set to an eventfd that is taken. @returns what the register call returned: 0 or an errno. */
  async duplicate(): Promise<{ readonly result: number; readonly message: string }> {
    const intruder = this.manager.producer({ id: `vfio-duplicate-${this.place.bdf}-${this.place.index}` });
    try {
      await intruder.register(this.place.kvmToken, this.place.hostIrq);
    } catch (error) {
      if (!(error instanceof IrqBypassError)) throw error;
      return { result: error.errno, message: error.message };
    }
    await intruder.unregister();
    return { result: 0, message: `nobody held ${this.place.kvmToken}` };
  }

  private assertRunning(what: string): void {
    if (this.state === 'off') throw new IrqBypassError(Errno.ENODEV, `cannot ${what} vector ${this.place.index} of ${this.place.bdf}: its VM does not run`);
  }
}
