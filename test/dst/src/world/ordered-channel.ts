import type { VirtualTime } from '../time/virtual-time.ts';
import type { Life } from './life.ts';
import { NATS } from './network.ts';
import type { Network } from './network.ts';

/**
 * What NATS pushes to one process: in order, each after a while. A partition or a lag holds everything up and loses
 * nothing, as with a consumer that goes on where it was.
 */
export class OrderedChannel {
  /** Until when nothing is delivered: the reader lags. */
  lagUntilMs = 0;
  private readonly time: VirtualTime;
  private readonly network: Network;
  private readonly node: string;
  private readonly life: Life;
  private readonly queue: (() => void)[] = [];
  private pumping = false;
  private closed = false;

  constructor(time: VirtualTime, network: Network, node: string, life: Life) {
    this.time = time;
    this.network = network;
    this.node = node;
    this.life = life;
    life.onEnd(() => this.close());
  }

  push(deliver: () => void): void {
    if (this.closed) return;
    this.queue.push(deliver);
    this.pump();
  }

  close(): void {
    this.closed = true;
    this.queue.length = 0;
  }

  private pump(): void {
    if (this.pumping || this.queue.length === 0) return;
    this.pumping = true;
    this.time.after(Math.max(this.network.latencyMs(), this.lagUntilMs - this.time.nowMs), () => this.deliverAll());
  }

  /** Some of what came meanwhile comes with it, as in one read of a socket. */
  private deliverAll(): void {
    this.pumping = false;
    if (this.closed) return;
    if (this.network.isBlocked(NATS, this.node)) {
      this.pumping = true;
      return this.network.whenHealed(() => {
        this.pumping = false;
        this.pump();
      });
    }
    if (this.lagUntilMs > this.time.nowMs) return this.pump();
    for (const deliver of this.queue.splice(0, this.network.portion(this.queue.length))) {
      this.life.deliver(() => {
        if (!this.closed) deliver();
      });
    }
    this.pump();
  }
}
