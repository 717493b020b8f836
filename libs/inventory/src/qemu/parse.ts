import { baseName, MAX_MARKUP_CHARACTERS, normalizeText } from '../source-text.ts';
import type { Source } from '../source-text.ts';
import type { Passthrough, VmDefinition } from '../vm-definition.ts';
import { quoted, WarningLog } from '../warning.ts';
import type { Warning } from '../warning.ts';
import { readQemuArguments } from './arguments.ts';
import { shellCommands } from './shell-words.ts';
import type { ShellCommand } from './shell-words.ts';

/** What one file of QEMU command lines holds: a VM for each command. */
export interface QemuDocument {
  readonly source: string;
  readonly vms: readonly VmDefinition[];
  readonly warnings: readonly Warning[];
}

const QEMU = /(?:^|\/)qemu(?:-kvm|-system-[\w-]+)?$/;

/**
 * Reads a shell script or a pasted command line that starts QEMU. It never throws; every line that speaks of vfio-pci
 * gives a device or a warning. A VM without `-name` is named after the file.
 */
export function parseQemuCommands({ name, text }: Source): QemuDocument {
  const log = new WarningLog(name);
  const script = normalizeText(text, MAX_MARKUP_CHARACTERS, log);
  const commands = shellCommands(script, log);
  const vms = commands.flatMap((command) => {
    const at = command.findIndex(({ text: word }) => QEMU.test(word));
    return at === -1 || at === command.length - 1 ? [] : [readVm(command, at, name, log)];
  });
  if (vms.length === 0) log.warn(0, 'no QEMU command line was found');
  warnOfUnreadDevices(script, vms.flatMap(({ passthroughs }) => passthroughs), log);
  return { source: name, vms, warnings: log.list() };
}

function readVm(command: ShellCommand, at: number, source: string, log: WarningLog): VmDefinition {
  const { name, uuid, vcpus, passthroughs } = readQemuArguments(command.slice(at + 1), log);
  const line = command[at]!.line;
  const fallback = baseName(source);
  if (name === undefined) log.notice(line, `the QEMU command has no -name; its VM is called ${quoted(fallback)}`);
  return { source, line, name: name ?? fallback, uuid, vcpus, pins: [], passthroughs };
}

/** Lines with vfio-pci that neither gave a device nor a warning, as when a script builds its arguments in an array. */
function warnOfUnreadDevices(script: string, passthroughs: readonly Passthrough[], log: WarningLog): void {
  const known = new Set([...passthroughs, ...log.list()].map(({ line }) => line));
  for (const [at, line] of script.split('\n').entries()) {
    if (!line.includes('vfio-pci') || /^\s*#/.test(line) || known.has(at + 1)) continue;
    log.notice(at + 1, `${quoted(line)} speaks of vfio-pci, but not in a QEMU command; left out`);
  }
}
