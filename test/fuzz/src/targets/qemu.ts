import { parseBdf, parseQemuCommands } from '@irqmesh/inventory';
import fc from 'fast-check';
import { qemuCommands } from '../corpus/dumps.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { steps } from '../mutate/steps.ts';
import { mutateText } from '../mutate/text.ts';
import { holds, warningsHold } from './inventory-properties.ts';

export const QEMU_WORDS = [
  'qemu-system-x86_64 ', ' -device ', 'vfio-pci,host=', 'vfio-pci,sysfsdev=', '/devices/', '01:00.0', '{"driver":"vfio-pci","host":"', '$GPU', '${GPU}', 'GPU=$GPU$GPU\n', 'GPU=aaaaaaaaaaaaaaaaaaaaaaaa\n', '\\\n', '"', "'", '#', ';', '|', '`', '$(', '-name ', 'guest=', ',', '=',
];

export const qemu: FuzzTarget<string> = {
  name: 'qemu',
  sentence: 'command lines of QEMU, in shell scripts',
  inputs: fc.tuple(fc.constantFrom(...qemuCommands), steps).map(([text, done]) => mutateText(text, done, QEMU_WORDS)),
  run: (text) => {
    const { vms, warnings } = parseQemuCommands({ name: 'start.sh', text });
    warningsHold(warnings);
    holds(vms.every(({ passthroughs }) => passthroughs.every(({ bdf }) => parseBdf(bdf) === bdf)), 'a PCI address is not in its full form');
    return vms.length > 0 ? 'accepted' : 'refused';
  },
};
