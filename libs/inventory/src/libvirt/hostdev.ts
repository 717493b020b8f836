import type { WarningLog } from '../warning.ts';
import { quoted } from '../warning.ts';
import type { Passthrough } from '../vm-definition.ts';
import { addressOfElement } from './pci-address.ts';
import { child, descendants } from './xml-tree.ts';
import type { XmlElement } from './xml-tree.ts';

/** `<hostdev>`, or an `<interface>` that is one. */
export function isHostdev({ tag, attributes }: XmlElement): boolean {
  return tag === 'hostdev' || (tag === 'interface' && attributes['type'] === 'hostdev');
}

/** Drivers of a PCI hostdev that do not go through VFIO. */
const NOT_VFIO = new Set(['xen', 'kvm']);

/**
 * The passed-through PCI function of a hostdev; undefined, with a warning or notice, when it names none: mediated
 * devices have no address of their own, USB and SCSI devices no interrupt vectors.
 */
export function readHostdev(element: XmlElement, log: WarningLog): Passthrough | undefined {
  const { tag, line, attributes } = element;
  const type = tag === 'interface' ? 'pci' : attributes['type'];
  if (type === 'mdev') return mediated(element, log);
  if (type !== 'pci') {
    if (type === undefined) log.warn(line, `a <${tag}> without a type is left out`);
    else log.notice(line, `a <${tag}> of type ${quoted(type)} has no PCI interrupt vectors and is left out`);
    return undefined;
  }
  const driver = child(element, 'driver')?.attributes['name'];
  if (driver !== undefined && NOT_VFIO.has(driver)) {
    log.warn(line, `a <${tag}> with driver ${quoted(driver)} does not go through VFIO and is left out`);
    return undefined;
  }
  const address = sourceAddress(element);
  const reading = address === undefined ? { problem: 'it has no <source> with an <address>' } : addressOfElement(address);
  if ('problem' in reading) {
    log.warn(address?.line ?? line, `a <${tag}> (line ${line}) is left out: ${reading.problem}`);
    return undefined;
  }
  return { bdf: reading.bdf, line, label: labelOf(element) };
}

function mediated(element: XmlElement, log: WarningLog): undefined {
  const uuid = sourceAddress(element)?.attributes['uuid'];
  const which = uuid === undefined ? 'a mediated device' : `the mediated device ${quoted(uuid)}`;
  log.warn(element.line, `${which} has no PCI address of its own and is left out`);
  return undefined;
}

/** The host's address stands in `<source>`; the `<address>` beside it is the guest's. */
function sourceAddress(element: XmlElement): XmlElement | undefined {
  const notHostdev = (candidate: XmlElement) => !isHostdev(candidate);
  const [source] = descendants(element, ({ tag }) => tag === 'source', notHostdev);
  return source === undefined ? undefined : descendants(source, ({ tag }) => tag === 'address', notHostdev)[0];
}

/** libvirt lets users name a device with an alias that starts with `ua-`; its own (`hostdev0`) say nothing. */
function labelOf(element: XmlElement): string | undefined {
  const alias = child(element, 'alias')?.attributes['name'];
  if (alias?.startsWith('ua-') === true && alias.length > 3) return alias.slice(3);
  return element.tag === 'interface' ? 'network interface' : undefined;
}
