import { parseBdf } from '../bdf.ts';
import type { InterruptRow, InterruptsDump, VectorKind } from '../interrupts/model.ts';
import { LogBySource } from '../warning.ts';
import type { Warning } from '../warning.ts';
import type { Vector } from './model.ts';

/** The vectors of one PCI function, as the dumps of its host show them. */
export interface FunctionVectors {
  readonly bdf: string;
  readonly vectors: readonly Vector[];
  /** Name of the host's driver or device that holds them; undefined for VFIO, and where the row names none. */
  readonly driver: string | undefined;
  /** First row that shows one. */
  readonly source: string;
  readonly line: number;
}

/** Vectors by PCI function. */
export interface VectorsByFunction {
  readonly functions: ReadonlyMap<string, FunctionVectors>;
  readonly warnings: readonly Warning[];
}

interface Found {
  readonly bdf: string;
  readonly kind: VectorKind | undefined;
  readonly index: number | undefined;
  readonly row: InterruptRow;
  readonly dump: InterruptsDump;
}

/** Port services of PCI bridges; a bridge is never passed through. */
const PORT_SERVICE = /^(?:PCIe PMEs?|PCIe bwctrl|PCIe hotplug|aerdrv|pciehp|pcie-dpc|pcieport\b.*)$/;

/** Numbers of the CPUs of all dumps, ascending. */
export function cpusOfDumps(dumps: readonly InterruptsDump[]): number[] {
  return [...new Set(dumps.flatMap(({ cpus }) => cpus))].toSorted((a, b) => a - b);
}

/**
 * The vectors that VFIO holds, in all dumps of one host. Where two dumps show the same vector, the one with the higher
 * total is taken: counters only grow within a boot, so it is the later one.
 */
export function vfioVectors(dumps: readonly InterruptsDump[]): VectorsByFunction {
  return byFunction(dumps, (row) => row.vfio);
}

/** The MSI and MSI-X vectors that drivers of the host hold, but for those of PCI bridges. */
export function driverVectors(dumps: readonly InterruptsDump[]): VectorsByFunction {
  return byFunction(dumps, (row) => {
    const driven = row.pci !== undefined && row.vfio.length === 0 && row.actions.some((name) => !PORT_SERVICE.test(name));
    return driven ? [row.pci] : [];
  });
}

function byFunction(dumps: readonly InterruptsDump[], vectorsOf: (row: InterruptRow) => readonly Pick<Found, 'bdf' | 'kind' | 'index'>[]): VectorsByFunction {
  const log = new LogBySource();
  const cpus = cpusOfDumps(dumps);
  const found = dumps.flatMap((dump) => dump.rows.flatMap((row) => vectorsOf(row).map(({ bdf, kind, index }): Found => ({ bdf, kind, index, row, dump }))));
  const functions = new Map(Array.from(Map.groupBy(found, ({ bdf }) => bdf), ([bdf, group]) => {
    const { row, dump } = group[0]!;
    const vectors = distinct(withKinds(group), cpus, log).toSorted((a, b) => a.index - b.index);
    return [bdf, { bdf, vectors, driver: row.vfio.length > 0 ? undefined : driverName(row), source: dump.source, line: row.line }];
  }));
  return { functions, warnings: log.list() };
}

type Vectored = Found & { readonly kind: VectorKind; readonly index: number };

/**
 * Older kernels tell no MSI-X from MSI, and the oldest no index. Several vectors then count as MSI-X, since hardly a
 * driver uses more than one MSI vector; vectors without an index are numbered in the order of their rows.
 */
function withKinds(group: readonly Found[]): Vectored[] {
  const guess = group.length > 1 || (group[0]!.index ?? 0) > 0 ? 'msix' : 'msi';
  const nextIndex = new Map<InterruptsDump, number>();
  return group.map((found) => {
    const next = nextIndex.get(found.dump) ?? 0;
    nextIndex.set(found.dump, next + 1);
    return { ...found, kind: found.kind ?? guess, index: found.index ?? next };
  });
}

/** One vector for each index of the kind that most rows show: a function is in one interrupt mode at a time. */
function distinct(group: readonly Vectored[], cpus: readonly number[], log: LogBySource): Vector[] {
  const kinds = [...Map.groupBy(group, ({ kind }) => kind)].toSorted(([, a], [, b]) => b.length - a.length);
  for (const [kind, others] of kinds.slice(1)) {
    for (const { bdf, row, dump } of others) log.of(dump.source).warn(row.line, `irq ${row.irq}: ${bdf} has ${kinds[0]![0]} vectors too, and one mode at a time; the ${kind} vector is left out`);
  }
  const vectors = new Map<number, { vector: Vector; dump: InterruptsDump }>();
  for (const { bdf, kind, index, row, dump } of kinds[0]![1]) {
    const vector = { index, hostIrq: row.irq, kind, ...countsOn(cpus, row, dump) };
    const known = vectors.get(index);
    if (known?.dump === dump) log.of(dump.source).warn(row.line, `irq ${row.irq}: ${kind}[${index}] of ${bdf} is irq ${known.vector.hostIrq} already; this row is left out`);
    else if (known === undefined || vector.total > known.vector.total) vectors.set(index, { vector, dump });
  }
  return [...vectors.values()].map(({ vector }) => vector);
}

/** A row's counters, moved from the CPUs of its dump to those of the host. */
function countsOn(cpus: readonly number[], row: InterruptRow, dump: InterruptsDump): Pick<Vector, 'counts' | 'total'> {
  const byCpu = new Map(dump.cpus.map((cpu, column) => [cpu, row.counts[column] ?? 0]));
  const counts = cpus.map((cpu) => byCpu.get(cpu) ?? 0);
  return { counts, total: counts.reduce((sum, count) => sum + count, 0) };
}

/** `nvme1q0` → `nvme1`, `enp6s0-TxRx-0` → `enp6s0`, `mlx4-1@0000:09:00.0` → `mlx4`; a bare PCI address names nobody. */
function driverName({ actions: [action = ''] }: InterruptRow): string | undefined {
  if (parseBdf(action) !== undefined) return undefined;
  const name = action.replace(/[-@:[].*$/, '').replace(/q\d+$/, '');
  return name === '' ? undefined : name;
}
