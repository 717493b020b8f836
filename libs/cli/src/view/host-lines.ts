import type { VectorState } from '../demo/vectors.ts';
import type { DeviceState, HostState } from './frame-state.ts';
import { PROCESS_STYLES, VECTOR_STYLES } from './marks.ts';
import type { Marks } from './marks.ts';
import { column, span } from './spans.ts';
import type { Line, Span } from './spans.ts';

const VM_COLUMNS_MAX = 16;
const LABEL_COLUMNS_MAX = 14;
const BDF_COLUMNS = 12;
const STATES: readonly VectorState[] = ['posted', 'remapped', 'masked', 'off'];

/** The hosts with their devices in at most `rows` lines; what has no room is summed up. */
export function hostLines(hosts: readonly HostState[], rows: number, width: number, marks: Marks): Line[] {
  const shown = hosts.slice(0, Math.max(1, rows));
  const hidden = hosts.length - shown.length;
  const shares = share(shown.map(({ devices }) => devices.length), rows - shown.length);
  const columns = columnsFor(hosts);
  const lines = shown.flatMap((host, at) => [
    hostHeader(host, hidden > 0 && at === shown.length - 1 ? hidden : 0, marks),
    ...deviceLines(host.devices, shares[at]!, width, columns, marks),
  ]);
  return lines.slice(0, rows);
}

/** `● posted  ○ remapped …` */
export function legend(marks: Marks): Line {
  return STATES.flatMap((state) => [span(marks.vectors[state], VECTOR_STYLES[state]), span(` ${state}  `, 'dim')]);
}

/** Gives each what it wants, as long as there is some; who wants little leaves the rest to the others. */
export function share(wants: readonly number[], rows: number): number[] {
  const shares = wants.map(() => 0);
  for (let left = Math.max(0, rows); left > 0; ) {
    const hungry = wants.flatMap((want, at) => (shares[at]! < want ? [at] : []));
    if (hungry.length === 0) break;
    for (const at of hungry.slice(0, left)) shares[at]! += 1;
    left -= Math.min(left, hungry.length);
  }
  return shares;
}

interface Columns {
  readonly vm: number;
  readonly label: number;
}

function columnsFor(hosts: readonly HostState[]): Columns {
  const devices = hosts.flatMap((host) => host.devices);
  const longest = (texts: readonly string[], max: number): number => Math.min(max, texts.reduce((most, text) => Math.max(most, text.length), 1));
  return { vm: longest(devices.map(({ vm }) => vm), VM_COLUMNS_MAX), label: longest(devices.map(({ label }) => label), LABEL_COLUMNS_MAX) };
}

function hostHeader({ name, status, boot, cpus, devices }: HostState, hidden: number, marks: Marks): Line {
  const line: Span[] = [span(` ${marks.processes[status]} `, PROCESS_STYLES[status]), span(name, 'bold')];
  const facts = [status === 'ready' ? `boot ${boot}` : boot === 0 ? 'not started' : status === 'stopped' ? 'down' : status];
  if (cpus > 0) facts.push(`${cpus} CPUs`);
  if (devices.length === 0) facts.push('no device is passed through');
  line.push(span(`  ${facts.join(', ')}  `, 'dim'), ...stateCounts(devices.flatMap(({ vectors }) => vectors)));
  if (hidden > 0) line.push(span(`  and ${hidden} more hosts`, 'dim'));
  return line;
}

function stateCounts(vectors: readonly VectorState[]): Span[] {
  const counts = STATES.map((state) => [state, vectors.filter((vector) => vector === state).length] as const);
  return counts.filter(([, count]) => count > 0).map(([state, count]) => span(`${count} ${state}  `, VECTOR_STYLES[state]));
}

function deviceLines(devices: readonly DeviceState[], rows: number, width: number, columns: Columns, marks: Marks): Line[] {
  if (rows <= 0) return [];
  if (devices.length <= rows) return devices.map((device) => deviceLine(device, width, columns, marks));
  const shown = devices.slice(0, rows - 1);
  const rest = devices.slice(shown.length);
  const sum: Line = [span(`     ${rest.length} more devices: `, 'dim'), ...stateCounts(rest.flatMap(({ vectors }) => vectors))];
  return [...shown.map((device) => deviceLine(device, width, columns, marks)), sum];
}

function deviceLine({ vm, bdf, label, vectors }: DeviceState, width: number, columns: Columns, marks: Marks): Line {
  const place = [span(`     ${column(vm, columns.vm)}  `), span(`${bdf}  `), span(`${column(label, columns.label)}  `, 'dim')];
  const used = 5 + columns.vm + 2 + BDF_COLUMNS + 2 + columns.label + 2;
  return [...place, ...vectorSpans(vectors, width - used, marks)];
}

/** A mark for each vector, or, where they have no room, how many there are of each. */
function vectorSpans(vectors: readonly VectorState[], width: number, marks: Marks): Span[] {
  if (vectors.length === 0) return [span('no MSI vectors', 'dim')];
  if (vectors.length > width) return stateCounts(vectors);
  return vectors.map((state) => span(marks.vectors[state], VECTOR_STYLES[state]));
}
