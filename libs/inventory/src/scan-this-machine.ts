import { hostname } from 'node:os';
import { IrqBypassError } from '@irqmesh/domain';
import { buildHost } from './host/build-host.ts';
import type { HostReading } from './host/build-host.ts';
import { readSourceFiles } from './read-inventory.ts';
import type { Source } from './source-text.ts';
import type { Warning } from './warning.ts';

/** Where a machine tells of its interrupts and VMs. */
export interface MachinePaths {
  readonly hostname: string;
  readonly interrupts: string;
  /** Folder of libvirt's domain definitions; as a rule only root may read it. */
  readonly domains: string;
}

/**
 * Takes the inventory of the machine this runs on, from /proc/interrupts and libvirt's domain definitions. What cannot
 * be read is said in a warning; it never throws for that. VMs that are not persistent have no definition there.
 */
export async function scanThisMachine(paths: Partial<MachinePaths> = {}): Promise<HostReading> {
  const sources: Source[] = [];
  const warnings: Warning[] = [];
  for (const path of [paths.interrupts ?? '/proc/interrupts', paths.domains ?? '/etc/libvirt/qemu']) {
    try {
      const reading = await readSourceFiles([path]);
      sources.push(...reading.sources);
      warnings.push(...reading.warnings);
    } catch (error) {
      if (!(error instanceof IrqBypassError)) throw error;
      warnings.push({ source: path, line: 0, level: 'warning', reason: `not read: ${error.message}` });
    }
  }
  const { host, warnings: more } = buildHost({ name: hostNameOf(paths.hostname ?? hostname()), sources });
  return { host, warnings: [...warnings, ...more] };
}

/**
 * A host name for irqmesh from any text, such as a machine's name: up to its first dot, other characters than letters,
 * digits, `-` and `_` replaced by `-`, at most 64; `host` when nothing is left.
 */
export function hostNameOf(text: string): string {
  const name = text.split('.', 1)[0]!.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+/, '').slice(0, 64);
  return name === '' ? 'host' : name;
}
