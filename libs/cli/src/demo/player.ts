import { Errno, formatResult } from '@irqmesh/domain';
import { CommandError } from '../command-error.ts';
import type { Stack } from '../supervise/stack.ts';
import type { HostControl, VmChange } from './host-control.ts';
import type { DemoModel } from './model.ts';
import type { Step, VectorName } from './scenario.ts';
import type { VectorPlace, VectorState } from './vectors.ts';

export interface PlayerPorts {
  readonly stack: Pick<Stack, 'hosts' | 'startHost'>;
  readonly control: HostControl;
  readonly model: DemoModel;
  readonly latencies: LatencyCollector;
  readonly signal: AbortSignal;
}

/** Keeps what a host has measured before it is killed. */
export interface LatencyCollector {
  collect(host: string): Promise<void>;
}

/** Time enough for a killed service to come back and for a session to expire. */
const EFFECT_TIMEOUT_MS = 60_000;

/** Does the steps, and waits for each one's effect in the log. */
export class Player {
  private readonly ports: PlayerPorts;

  constructor(ports: PlayerPorts) {
    this.ports = ports;
  }

  /** @throws CommandError when the step's effect is not what it should be, or does not show up in time */
  async play(step: Step): Promise<void> {
    switch (step.kind) {
      case 'boot':
        return this.boot(step.host, step.vms);
      case 'mask':
        await this.ports.control.mask(step.vector.host, step.vector.bdf, step.vector.index);
        return this.expect([this.place(step.vector)], 'masked');
      case 'unmask':
        await this.ports.control.unmask(step.vector.host, step.vector.bdf, step.vector.index);
        return this.expect([this.place(step.vector)], 'posted');
      case 'duplicate':
        return this.duplicate(step.vector);
      case 'shutdown':
        assertNoRefusals(step.vm, await this.ports.control.shutdown(step.host, step.vm));
        return this.expect(this.placesOf(step.host, [step.vm]), 'off');
      case 'kill':
        return this.kill(step.host);
      case 'return': {
        const { model, stack } = this.ports;
        const boot = model.hosts.get(step.host)!.boot + 1;
        model.setBoot(step.host, boot);
        await stack.startHost(step.host, boot);
        return this.boot(step.host, step.vms);
      }
    }
  }

  private async boot(host: string, vms: readonly string[]): Promise<void> {
    const { control } = this.ports;
    await Promise.all(vms.map(async (vm) => assertNoRefusals(vm, await control.boot(host, vm))));
    await this.expect(this.placesOf(host, vms), 'posted');
  }

  private async duplicate(vector: VectorName): Promise<void> {
    const { control, model, signal } = this.ports;
    const { refused } = model.tally.counts;
    const before = refused.get(Errno.EBUSY) ?? 0;
    const { result } = await control.duplicate(vector.host, vector.bdf, vector.index);
    if (result !== Errno.EBUSY) throw new CommandError(`the second producer got ${formatResult(result)}, not ${formatResult(Errno.EBUSY)}`);
    const isNoted = await model.until(() => (refused.get(Errno.EBUSY) ?? 0) > before, EFFECT_TIMEOUT_MS, signal);
    if (!isNoted && !signal.aborted) throw new CommandError('the refusal did not show up in the log as a note');
  }

  private async kill(host: string): Promise<void> {
    const { latencies, stack, model } = this.ports;
    await latencies.collect(host);
    await stack.hosts.get(host)!.kill();
    await this.expect(model.hosts.get(host)!.places, 'off');
  }

  private async expect(places: readonly VectorPlace[], state: VectorState): Promise<void> {
    const { model, signal } = this.ports;
    const isSo = await model.until(() => places.every((place) => model.state(place) === state), EFFECT_TIMEOUT_MS, signal);
    if (isSo || signal.aborted) return;
    const counts = Object.entries(model.count(places)).filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`);
    throw new CommandError(`after ${EFFECT_TIMEOUT_MS / 1000} s not all vectors are ${state}: ${counts.join(', ')}`);
  }

  private placesOf(host: string, vms: readonly string[]): VectorPlace[] {
    return this.ports.model.hosts.get(host)!.places.filter(({ vm }) => vms.includes(vm));
  }

  private place({ host, bdf, index }: VectorName): VectorPlace {
    return this.ports.model.hosts.get(host)!.places.find((place) => place.bdf === bdf && place.index === index)!;
  }
}

function assertNoRefusals(vm: string, { refusals }: VmChange): void {
  const first = refusals[0];
  if (first !== undefined) throw new CommandError(`${vm}: ${refusals.length} calls failed, the first for ${first.token}: ${first.message}`);
}
