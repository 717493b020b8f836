import type { HostInventory } from '@irqmesh/inventory';
import { placesOf } from './vectors.ts';
import type { VectorPlace } from './vectors.ts';

/** A vector, whatever the boot: tokens are left to the moment of the step. */
export type VectorName = Pick<VectorPlace, 'host' | 'vm' | 'bdf' | 'index'>;

/** One thing that happens to the hosts. */
export type Step =
  | { readonly kind: 'boot'; readonly host: string; readonly vms: readonly string[]; readonly vectors: number; readonly again: boolean }
  | { readonly kind: 'mask' | 'unmask' | 'duplicate'; readonly vector: VectorName }
  | { readonly kind: 'shutdown'; readonly host: string; readonly vm: string; readonly vectors: number }
  | { readonly kind: 'kill'; readonly host: string; readonly vectors: number }
  | { readonly kind: 'return'; readonly host: string; readonly vms: readonly string[]; readonly vectors: number };

/** A VM with vectors that can be posted. */
interface PlayedVm {
  readonly host: string;
  readonly name: string;
  readonly vectors: readonly VectorName[];
}

/** Above this many VMs, a host's boot at once instead of one by one. */
const VMS_ONE_BY_ONE = 4;

/** What the demo plays with these hosts; empty when no VM has an MSI or MSI-X vector. */
export function planScenario(hosts: readonly HostInventory[]): Step[] {
  const vms = hosts.flatMap(playedVms);
  const busiest = vms.toSorted((a, b) => b.vectors.length - a.vectors.length)[0];
  if (busiest === undefined) return [];
  const killed = vms.at(-1)!.host;
  const steps = bootSteps(vms);
  steps.push(...vectorSteps(busiest));
  const leaving = vmToShutDown(vms, killed);
  steps.push({ kind: 'shutdown', host: leaving.host, vm: leaving.name, vectors: leaving.vectors.length });
  const left = vms.filter((vm) => vm.host === killed && vm !== leaving);
  // The host that is killed must have pairs to lose.
  if (left.length === 0) steps.push(bootStep(leaving.host, [leaving], true));
  const running = left.length === 0 ? [leaving] : left;
  const vectors = countVectors(running);
  steps.push({ kind: 'kill', host: killed, vectors });
  steps.push({ kind: 'return', host: killed, vms: running.map(({ name }) => name), vectors });
  return steps;
}

/** How long a step is shown, relative to the others. */
export function weightOf(step: Step): number {
  switch (step.kind) {
    case 'kill':
      return 7;
    case 'return':
      return 5;
    case 'boot':
      return step.again ? 2 : 3;
    default:
      return 3;
  }
}

function playedVms(inventory: HostInventory): PlayedVm[] {
  const places = placesOf(inventory, 1);
  return inventory.vms
    .map(({ name }) => ({ host: inventory.name, name, vectors: places.filter(({ vm }) => vm === name) }))
    .filter(({ vectors }) => vectors.length > 0);
}

function bootSteps(vms: readonly PlayedVm[]): Step[] {
  if (vms.length <= VMS_ONE_BY_ONE) return vms.map((vm) => bootStep(vm.host, [vm], false));
  const hosts = [...new Set(vms.map(({ host }) => host))];
  return hosts.map((host) => bootStep(host, vms.filter((vm) => vm.host === host), false));
}

function bootStep(host: string, vms: readonly PlayedVm[], again: boolean): Step {
  return { kind: 'boot', host, vms: vms.map(({ name }) => name), vectors: countVectors(vms), again };
}

/** Of a device with several vectors the second one: the first is often for configuration changes. */
function vectorSteps({ vectors }: PlayedVm): Step[] {
  const vector = vectors[1] ?? vectors[0]!;
  const other = vectors[2] ?? vectors[0]!;
  return [
    { kind: 'mask', vector },
    { kind: 'unmask', vector },
    { kind: 'duplicate', vector: other },
  ];
}

/** A VM of another host than the one that is killed, the smallest if there is a choice. */
function vmToShutDown(vms: readonly PlayedVm[], killed: string): PlayedVm {
  const elsewhere = vms.filter(({ host }) => host !== killed);
  const candidates = elsewhere.length > 0 ? elsewhere : vms;
  return candidates.toSorted((a, b) => a.vectors.length - b.vectors.length)[0]!;
}

function countVectors(vms: readonly PlayedVm[]): number {
  return vms.reduce((sum, { vectors }) => sum + vectors.length, 0);
}
