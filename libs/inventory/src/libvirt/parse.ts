import { baseName, MAX_MARKUP_CHARACTERS, normalizeText } from '../source-text.ts';
import type { Source } from '../source-text.ts';
import type { Passthrough, VmDefinition } from '../vm-definition.ts';
import { quoted, WarningLog } from '../warning.ts';
import { isDomain, MAX_PINNED_CPUS, readDomain } from './domain.ts';
import { isHostdev, readHostdev } from './hostdev.ts';
import type { LibvirtDocument, NodeDevice } from './model.ts';
import { pciAddressOf } from './pci-address.ts';
import { child, parseXml } from './xml-tree.ts';
import type { XmlElement } from './xml-tree.ts';

/**
 * Reads libvirt XML as far as it goes and never throws: domains at any place (`virsh dumpxml`, files of
 * /etc/libvirt/qemu, a `<domstatus>` or `<node>` around them, several in a row), fragments for `virsh attach-device`,
 * and node devices. Damage is named in the warnings (see repairXml).
 */
export function parseLibvirt({ name, text }: Source): LibvirtDocument {
  const log = new WarningLog(name);
  const reader = new DocumentReader(name, log);
  for (const element of parseXml(normalizeText(text, MAX_MARKUP_CHARACTERS, log), log)) reader.read(element);
  if (reader.isEmpty) log.warn(0, 'the XML holds no domain, no PCI hostdev and no PCI node device');
  const { vms, fragments, nodeDevices } = reader;
  return { source: name, vms, fragments, nodeDevices, warnings: log.list() };
}

class DocumentReader {
  readonly vms: VmDefinition[] = [];
  readonly fragments: Passthrough[] = [];
  readonly nodeDevices: NodeDevice[] = [];
  readonly #source: string;
  readonly #log: WarningLog;
  readonly #pinBudget = { cpus: MAX_PINNED_CPUS };

  constructor(source: string, log: WarningLog) {
    this.#source = source;
    this.#log = log;
  }

  get isEmpty(): boolean {
    return this.vms.length + this.fragments.length + this.nodeDevices.length === 0;
  }

  read(element: XmlElement): void {
    if (isDomain(element)) {
      this.vms.push(readDomain(element, this.#source, `${baseName(this.#source)}-${element.line}`, this.#log, this.#pinBudget));
      this.#readDomainsInside(element);
    } else if (isHostdev(element)) this.#readFragment(element);
    else if (element.tag === 'device' && child(element, 'capability') !== undefined) this.#readNodeDevice(element);
    else for (const inner of element.children) this.read(inner);
  }

  /** A domain that lost its end tag holds the next one. */
  #readDomainsInside(element: XmlElement): void {
    for (const inner of element.children) {
      if (isDomain(inner)) this.read(inner);
      else this.#readDomainsInside(inner);
    }
  }

  #readFragment(element: XmlElement): void {
    const passthrough = readHostdev(element, this.#log);
    if (passthrough === undefined) return;
    this.fragments.push(passthrough);
    this.#log.notice(element.line, `a <${element.tag}> outside of any domain, as for "virsh attach-device", names no VM for ${passthrough.bdf}`);
  }

  /** Node devices give bus and slot as decimal elements, where domains have hexadecimal attributes. */
  #readNodeDevice(element: XmlElement): void {
    const name = quoted(child(element, 'name')?.text ?? '?');
    const capability = child(element, 'capability')!;
    if (capability.attributes['type'] !== 'pci') {
      this.#log.notice(element.line, `the node device ${name} is no PCI device and is left out`);
      return;
    }
    const reading = pciAddressOf((part) => child(capability, part)?.text);
    if ('problem' in reading) {
      this.#log.warn(element.line, `the node device ${name} is left out: ${reading.problem}`);
      return;
    }
    const product = child(capability, 'product')?.text;
    this.nodeDevices.push({ source: this.#source, line: element.line, bdf: reading.bdf, product: product === '' ? undefined : product });
    this.#log.notice(element.line, `the node device ${name} describes ${reading.bdf} of the host and names no VM`);
  }
}
