import { IrqBypassError, IrqBypassManager } from '@irqmesh/domain';
import type { LocalConsumer, LocalProducer } from '@irqmesh/domain';
import type { BypassManager, ConsumerHandle, ProducerHandle } from '../simulation/bypass-manager.ts';

/** The kernel's manager in this process, behind the port that simulated drivers call. */
export class LocalManager implements BypassManager {
  readonly kernel = new IrqBypassManager();

  producer({ id }: { readonly id: string }): ProducerHandle {
    const producer: LocalProducer = { id };
    return {
      register: async (token, irq) => check(this.kernel.registerProducer(producer, token, irq)),
      unregister: async () => this.kernel.unregisterProducer(producer),
    };
  }

  consumer(options: Parameters<BypassManager['consumer']>[0]): ConsumerHandle {
    const { id, addProducer, delProducer, stop, start } = options;
    const consumer: LocalConsumer = { id, add_producer: addProducer, del_producer: delProducer, stop, start };
    return {
      register: async (token) => check(this.kernel.registerConsumer(consumer, token)),
      unregister: async () => this.kernel.unregisterConsumer(consumer),
    };
  }
}

function check(result: number): void {
  if (result !== 0) throw new IrqBypassError(result, 'the kernel refused it');
}
