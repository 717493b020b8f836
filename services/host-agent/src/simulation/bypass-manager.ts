/** A callback of the kernel's structs: 0 or nothing for success, another number for a failure. */
type Callback = () => number | void;

/** What KVM supplies with an irqfd (`irqfd->consumer`); x86 and arm64 alike supply all four. */
export interface IrqfdCallbacks {
  readonly addProducer: Callback;
  readonly delProducer: Callback;
  readonly stop: Callback;
  readonly start: Callback;
}

export interface ProducerHandle {
  /** @throws IrqBypassError with what `irq_bypass_register_producer` returns */
  register(token: string, irq: number): Promise<unknown>;
  /** Resolves when the pair is disconnected. A handle that is not registered stays as it is. */
  unregister(): Promise<void>;
}

export interface ConsumerHandle {
  /** @throws IrqBypassError with what `irq_bypass_register_consumer` returns */
  register(token: string): Promise<unknown>;
  unregister(): Promise<void>;
}

/** The IRQ bypass manager as simulated drivers see it. Calls made in one go travel in one batch. */
export interface BypassManager {
  /** VFIO's producers have no callbacks. */
  producer(options: { readonly id: string }): ProducerHandle;
  consumer(options: { readonly id: string } & IrqfdCallbacks): ConsumerHandle;
}
