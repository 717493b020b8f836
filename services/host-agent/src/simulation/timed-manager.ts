import type { Clock } from '@irqmesh/domain';
import type { BypassManager, ConsumerHandle, IrqfdCallbacks, ProducerHandle } from './bypass-manager.ts';
import type { LatencyLog } from './latency-log.ts';

/** A bypass manager that notes how long each successful register call took. */
export class TimedManager implements BypassManager {
  private readonly manager: BypassManager;
  private readonly clock: Clock;
  private readonly latencies: LatencyLog;

  constructor(manager: BypassManager, clock: Clock, latencies: LatencyLog) {
    this.manager = manager;
    this.clock = clock;
    this.latencies = latencies;
  }

  producer(options: { readonly id: string }): ProducerHandle {
    const handle = this.manager.producer(options);
    return { register: (token, irq) => this.timed(() => handle.register(token, irq)), unregister: () => handle.unregister() };
  }

  consumer(options: { readonly id: string } & IrqfdCallbacks): ConsumerHandle {
    const handle = this.manager.consumer(options);
    return { register: (token) => this.timed(() => handle.register(token)), unregister: () => handle.unregister() };
  }

  private async timed<T>(call: () => Promise<T>): Promise<T> {
    const startMs = this.clock.monotonicMs();
    const result = await call();
    this.latencies.add((this.clock.monotonicMs() - startMs) * 1000);
    return result;
  }
}
