import type { Stack } from '../supervise/stack.ts';
import type { FrameState, HostState } from '../view/frame-state.ts';
import type { DemoModel, ModelHost } from './model.ts';
import type { Pacer } from './pacer.ts';

/** How far the show is. */
export interface Progress {
  step: FrameState['step'];
  /** Undefined before it has begun. */
  pacer: Pacer | undefined;
}

/** What the live view shows now. */
export function frameState(stack: Stack, model: DemoModel, progress: Progress, totalMs: number): FrameState {
  const { counts } = model.tally;
  const { requested, session_expired: expired, disowned } = counts.disconnected;
  const processes = [...(stack.nats === undefined ? [] : [stack.nats]), ...stack.services];
  return {
    title: 'irqmesh demo',
    elapsedMs: progress.pacer?.elapsedMs ?? 0,
    totalMs: progress.pacer === undefined ? 0 : totalMs,
    services: processes.map(({ name, status, restarts }) => ({ name, status, restarts })),
    hosts: [...model.hosts].map(([name, host]) => hostState(name, host, stack, model)),
    step: progress.step,
    pairs: model.pairs,
    counts: {
      events: counts.events,
      connected: counts.connected,
      disconnected: requested + expired + disowned,
      refused: [...counts.refused.values()].reduce((sum, count) => sum + count, 0),
    },
    rates: model.tally.rates(performance.now()),
    latest: model.latest,
  };
}

function hostState(name: string, { inventory, boot, places }: ModelHost, stack: Stack, model: DemoModel): HostState {
  const devices = inventory.devices.map(({ bdf, vm, label }) => ({
    bdf,
    vm,
    label,
    vectors: places.filter((place) => place.bdf === bdf).map((place) => model.state(place)),
  }));
  return { name, status: stack.hosts.get(name)!.status, boot, cpus: inventory.cpus.length, devices };
}
