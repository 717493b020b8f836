import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ELDHistogram } from 'node:perf_hooks';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';

const NS_PER_MS = 1e6;
const RESOLUTION_MS = 20;

/** How late the event loop has been since it was last asked: a service that computes for long answers nobody. */
export class EventLoopDelay implements OnModuleInit, OnModuleDestroy {
  private readonly histogram: ELDHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  onModuleInit(): void {
    this.histogram.enable();
  }

  onModuleDestroy(): void {
    this.histogram.disable();
  }

  /** The greatest delay in milliseconds. */
  takeMaxMs(): number {
    // What is measured holds the timer's own interval.
    const maxMs = Math.max(0, Math.round(this.histogram.max / NS_PER_MS) - RESOLUTION_MS);
    this.histogram.reset();
    return maxMs;
  }
}
