import { readQemuArguments } from '../qemu/arguments.ts';
import { quoted } from '../warning.ts';
import type { WarningLog } from '../warning.ts';
import { parseCpuset } from './cpuset.ts';
import { isHostdev, readHostdev } from './hostdev.ts';
import type { VcpuPin, VmDefinition } from '../vm-definition.ts';
import { parseNumber } from './pci-address.ts';
import { descendants, localName } from './xml-tree.ts';
import type { XmlElement } from './xml-tree.ts';

/** QEMU allows fewer; more than this is damage. */
const MAX_VCPUS = 8192;
/** Pins read of one domain. */
const MAX_PINS = 1024;
/** CPUs that all pins of one source may list together: each may list thousands in ten characters. */
export const MAX_PINNED_CPUS = 1024 * 1024;

/** How many more CPUs the pins of a source may list. */
export interface PinBudget {
  cpus: number;
}

/** A domain, not the `<domain>0</domain>` of a node device's PCI address. */
export function isDomain({ tag, children }: XmlElement): boolean {
  return tag === 'domain' && children.length > 0;
}

const ownPart = (candidate: XmlElement) => !isDomain(candidate);
/** Elements whose inner `<name>` or `<uuid>` is not the domain's. */
const FOREIGN_NAMES = new Set(['devices', 'metadata', 'os', 'cpu', 'features']);

/** Reads a `<domain>`. `fallbackName` is taken, with a warning, when it has no name. What its pins list is taken off the budget. */
export function readDomain(domain: XmlElement, source: string, fallbackName: string, log: WarningLog, budget: PinBudget): VmDefinition {
  const name = ownElement(domain, 'name')?.text ?? '';
  if (name === '') log.warn(domain.line, `the domain has no name; it is called ${quoted(fallbackName)}`);
  const uuid = ownElement(domain, 'uuid')?.text;
  const hostdevs = descendants(domain, isHostdev, ownPart).map((element) => readHostdev(element, log));
  return {
    source,
    line: domain.line,
    name: name === '' ? fallbackName : name,
    uuid: uuid === '' ? undefined : uuid,
    vcpus: readVcpus(domain, log),
    pins: readPins(domain, log, budget),
    passthroughs: [...hostdevs.filter((hostdev) => hostdev !== undefined), ...readCommandline(domain, log)],
  };
}

function ownElement(domain: XmlElement, tag: string): XmlElement | undefined {
  return descendants(domain, (candidate) => candidate.tag === tag, (candidate) => ownPart(candidate) && !FOREIGN_NAMES.has(candidate.tag))[0];
}

function readVcpus(domain: XmlElement, log: WarningLog): number | undefined {
  const vcpu = ownElement(domain, 'vcpu');
  if (vcpu === undefined) {
    log.notice(domain.line, 'the domain has no <vcpu>; how many vCPUs it has is not known');
    return undefined;
  }
  const count = parseNumber(vcpu.text);
  if (count !== undefined && count >= 1 && count <= MAX_VCPUS) return count;
  log.warn(vcpu.line, `<vcpu> holds ${quoted(vcpu.text)}, no number from 1 to ${MAX_VCPUS}`);
  return undefined;
}

function readPins(domain: XmlElement, log: WarningLog, budget: PinBudget): VcpuPin[] {
  const pins = descendants(domain, ({ tag }) => tag === 'vcpupin', ownPart);
  const first = pins[MAX_PINS];
  if (first !== undefined) log.warn(first.line, `the domain has ${pins.length} <vcpupin>; only the first ${MAX_PINS} are read`, pins.at(-1)!.line);
  return pins.slice(0, MAX_PINS).flatMap((pin) => readPin(pin, log, budget));
}

function readPin({ line, attributes }: XmlElement, log: WarningLog, budget: PinBudget): VcpuPin[] {
  const vcpu = parseNumber(attributes['vcpu'] ?? '');
  const cpus = parseCpuset(attributes['cpuset'] ?? '');
  if (vcpu !== undefined && cpus !== undefined) {
    budget.cpus -= cpus.length;
    if (budget.cpus >= 0) return [{ vcpu, cpus }];
    log.warn(line, `a <vcpupin> is left out: those before it list all of the ${MAX_PINNED_CPUS} CPUs that are read of one source`);
    return [];
  }
  log.warn(line, `a <vcpupin> is left out: vcpu ${quoted(attributes['vcpu'] ?? '')}, cpuset ${quoted(attributes['cpuset'] ?? '')}`);
  return [];
}

/** `<qemu:commandline><qemu:arg value='-device'/>…`: arguments that libvirt hands to QEMU as they are. */
function readCommandline(domain: XmlElement, log: WarningLog): VmDefinition['passthroughs'] {
  return descendants(domain, (candidate) => localName(candidate) === 'commandline', ownPart).flatMap((commandline) => {
    const words = commandline.children
      .filter((candidate) => localName(candidate) === 'arg')
      .map(({ attributes, line }) => ({ text: attributes['value'] ?? '', line }));
    return readQemuArguments(words, log).passthroughs;
  });
}
