import { detectSource } from '../detect-source.ts';
import type { InterruptsDump } from '../interrupts/model.ts';
import { parseInterrupts } from '../interrupts/parse.ts';
import type { NodeDevice } from '../libvirt/model.ts';
import { parseLibvirt } from '../libvirt/parse.ts';
import { parseQemuCommands } from '../qemu/parse.ts';
import type { Source } from '../source-text.ts';
import type { Passthrough, VmDefinition } from '../vm-definition.ts';
import type { Warning } from '../warning.ts';

/** A passed-through function that a fragment names without a VM. */
export interface Fragment extends Passthrough {
  readonly source: string;
}

/** All that the sources of one host hold, before it is joined. */
export interface HostParts {
  readonly dumps: InterruptsDump[];
  readonly vms: VmDefinition[];
  readonly fragments: Fragment[];
  readonly nodeDevices: NodeDevice[];
  readonly warnings: Warning[];
}

/** Reads every source by what it is; one that is of no known kind gives a warning with the reason. */
export function readSources(sources: readonly Source[]): HostParts {
  const parts: HostParts = { dumps: [], vms: [], fragments: [], nodeDevices: [], warnings: [] };
  for (const source of sources) readSource(source, parts);
  return parts;
}

function readSource(source: Source, parts: HostParts): void {
  const { kind, sentence } = detectSource(source.name, source.text);
  switch (kind) {
    case 'proc-interrupts': {
      const dump = parseInterrupts(source);
      parts.dumps.push(dump);
      parts.warnings.push(...dump.warnings);
      return;
    }
    case 'libvirt-domain':
    case 'libvirt-nodedev': {
      const document = parseLibvirt(source);
      // One by one: a file may hold more than a call can have arguments.
      for (const vm of document.vms) parts.vms.push(vm);
      for (const fragment of document.fragments) parts.fragments.push({ ...fragment, source: source.name });
      for (const device of document.nodeDevices) parts.nodeDevices.push(device);
      parts.warnings.push(...document.warnings);
      return;
    }
    case 'qemu-cmdline': {
      const document = parseQemuCommands(source);
      for (const vm of document.vms) parts.vms.push(vm);
      parts.warnings.push(...document.warnings);
      return;
    }
    case 'unknown':
      parts.warnings.push({ source: source.name, line: 0, level: 'warning', reason: `left out: ${sentence}` });
  }
}
