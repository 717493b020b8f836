import type { Device, HostInventory, Vm } from '@irqmesh/inventory';
import { harmless } from '../output/printable.ts';
import { table } from '../output/table.ts';
import type { Column } from '../output/table.ts';

const DEVICE_COLUMNS: readonly Column[] = [
  { title: 'DEVICE' }, { title: 'VM' }, { title: 'VECTORS' }, { title: 'HOST IRQS' }, { title: 'INTERRUPTS', align: 'right' }, { title: 'WHAT' },
];
const VM_COLUMNS: readonly Column[] = [{ title: 'VM' }, { title: 'VCPUS', align: 'right' }, { title: 'PINNED TO' }, { title: 'DEVICES' }];

/** The longest label of a device in the table: with the columns before it, a row fits 80 columns as a rule. */
const MAX_LABEL = 24;

/** A host for people: its size in a line, its devices, its VMs. */
export function hostReport(host: HostInventory): string {
  const vectors = host.devices.reduce((sum, device) => sum + device.vectors.length, 0);
  const size = [count(host.cpus.length, 'CPU'), count(host.devices.length, 'passed-through device'), count(vectors, 'vector'), count(host.vms.length, 'VM')];
  const parts = [`${host.name}: ${size.join(', ')}\n`];
  if (host.devices.length > 0) parts.push(table(DEVICE_COLUMNS, host.devices.map(deviceRow)));
  if (host.vms.length > 0) parts.push(table(VM_COLUMNS, host.vms.map(vmRow)));
  return parts.join('\n');
}

function deviceRow({ bdf, vm, vectors, label }: Device): string[] {
  const total = vectors.reduce((sum, vector) => sum + vector.total, 0);
  return [bdf, harmless(vm), vectorsText(vectors), ranges(vectors.map(({ hostIrq }) => hostIrq)), vectors.length === 0 ? '-' : String(total), cut(harmless(label))];
}

/** `3 msix`, `1 intx`. */
function vectorsText(vectors: Device['vectors']): string {
  const kinds = new Map<string, number>();
  for (const { kind } of vectors) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return kinds.size === 0 ? 'none seen' : [...kinds].map(([kind, number]) => `${number} ${kind}`).join(', ');
}

function vmRow({ name, vcpus, pins, devices, synthesized }: Vm): string[] {
  const pinned = ranges(pins.flatMap(({ cpus }) => cpus));
  return [harmless(name) + (synthesized ? ' (not defined)' : ''), vcpus === undefined ? '-' : String(vcpus), pinned, devices.join(' ') || '-'];
}

/** `4-7,9`; `-` for none. */
export function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',') || '-';
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length <= MAX_LABEL ? text : `${characters.slice(0, MAX_LABEL - 1).join('')}…`;
}
