import { parseBdf, parseLibvirt } from '@irqmesh/inventory';
import fc from 'fast-check';
import { libvirtDocuments } from '../corpus/dumps.ts';
import { windowsOf } from '../corpus/windows.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { steps } from '../mutate/steps.ts';
import { mutateXml } from '../mutate/xml.ts';
import { holds, warningsHold } from './inventory-properties.ts';

export const libvirt: FuzzTarget<string> = {
  name: 'libvirt',
  sentence: 'libvirt XML: domains, fragments, node devices',
  inputs: fc.tuple(windowsOf(libvirtDocuments), steps).map(([text, done]) => mutateXml(text, done)),
  run: (text) => {
    const { vms, fragments, nodeDevices, warnings } = parseLibvirt({ name: 'vm.xml', text });
    warningsHold(warnings);
    const bdfs = [...vms.flatMap(({ passthroughs }) => passthroughs), ...fragments, ...nodeDevices].map(({ bdf }) => bdf);
    holds(bdfs.every((bdf) => parseBdf(bdf) === bdf), 'a PCI address is not in its full form');
    return vms.length + fragments.length + nodeDevices.length > 0 ? 'accepted' : 'refused';
  },
};
