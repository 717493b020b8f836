import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Inventories to start from: the examples of the repository, and dumps written by others, which are not part of the
// project, so a clone may well lack them.

const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url));
const REAL = fileURLToPath(new URL('../../../../../shared/real', import.meta.url));

/** A sentence when the real dumps are not there; without them the inputs of a seed differ. */
export const REAL_DUMPS_NOTICE = existsSync(REAL) ? undefined : 'the folder ../shared/real is not available here: only the examples are mutated, not the real dumps';

/** Texts under one of the folders by the end of their names, the shortest first: inputs shrink to the first. */
function texts(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
}

function byLength(list: readonly string[]): string[] {
  return list.toSorted((a, b) => a.length - b.length);
}

/** /proc/interrupts. */
export const interruptsDumps = byLength([...texts(EXAMPLES, '.txt'), ...texts(`${REAL}/proc-interrupts`, '.txt')]);
/** libvirt XML. */
export const libvirtDocuments = byLength([...texts(EXAMPLES, '.xml'), ...texts(`${REAL}/libvirt`, '.xml')]);

/** What an inventory is not made of, but a folder may hold. */
export const otherTexts = byLength([...texts(`${REAL}/dmesg`, '.txt'), ...texts(`${REAL}/traces`, '.txt'), 'CPU0\n', '# notes\n']);

const QEMU = `#!/bin/sh
# Starts the VM with its card.
GPU=01:00.0
exec qemu-system-x86_64 -name "guest=web-1,debug-threads=on" -uuid 7c0a1f7e-1111-4c1d-8b6e-2f5a5f0d1c11 -smp 4,cores=2 \\
  -device vfio-pci,host=$GPU,id=gpu -device 'vfio-pci,sysfsdev=/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0' \\
  -device '{"driver":"vfio-pci","host":"0000:04:00.1","id":"nic"}' -m 4G | tee log; echo \${GPU} done
`;
/** Command lines of QEMU. */
export const qemuCommands = byLength([QEMU, 'qemu-kvm -device vfio-pci,host=3b:00.0\n', ...texts(`${REAL}/libvirt`, '.sh')]);
