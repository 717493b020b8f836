import { buildHost, detectSource, vectorTokens } from '@irqmesh/inventory';
import type { Source } from '@irqmesh/inventory';
import fc from 'fast-check';
import { interruptsDumps, libvirtDocuments, otherTexts, qemuCommands } from '../corpus/dumps.ts';
import { windowsOf } from '../corpus/windows.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { steps } from '../mutate/steps.ts';
import { mutateText } from '../mutate/text.ts';
import { mutateXml } from '../mutate/xml.ts';
import { INTERRUPTS_WORDS } from './interrupts.ts';
import { holds, warningsHold } from './inventory-properties.ts';
import { QEMU_WORDS } from './qemu.ts';

const source: fc.Arbitrary<Source> = fc.oneof(
  fc.tuple(windowsOf(interruptsDumps), steps).map(([text, done]) => ({ name: 'interrupts.txt', text: mutateText(text, done, INTERRUPTS_WORDS) })),
  fc.tuple(windowsOf(libvirtDocuments), steps).map(([text, done]) => ({ name: 'vm.xml', text: mutateXml(text, done) })),
  fc.tuple(fc.constantFrom(...qemuCommands), steps).map(([text, done]) => ({ name: 'start.sh', text: mutateText(text, done, QEMU_WORDS) })),
  fc.tuple(fc.constantFrom(...otherTexts), steps).map(([text, done]) => ({ name: 'notes.md', text: mutateText(text, done, INTERRUPTS_WORDS) })),
);

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

export const inventory: FuzzTarget<Source[]> = {
  name: 'inventory',
  sentence: 'the inventory of a host out of several files of any kind',
  inputs: fc.array(source, { minLength: 1, maxLength: 3, size: 'max' }),
  run: (sources) => {
    const { host, warnings } = buildHost({ name: 'host-a', sources });
    // The parsers, the roster of VMs and the joining of vectors each have a log of their own for a source, and the host has one.
    warningsHold(warnings, 4 * (sources.length + 1));
    holds(distinct(host.vms.map(({ name }) => name)), 'two VMs have one name');
    holds(distinct(host.devices.map(({ bdf }) => bdf)), 'a device stands twice');
    holds(host.devices.every(({ vm }) => host.vms.some(({ name }) => name === vm)), 'a device belongs to no VM');
    holds(distinct(vectorTokens(host, 1).map(({ token }) => token)), 'two vectors have one token');
    const known = sources.some(({ name, text }) => detectSource(name, text).kind !== 'unknown');
    return known ? 'accepted' : 'refused';
  },
};
