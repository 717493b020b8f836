import { BDF_PATTERN, parseBdf } from '../bdf.ts';
import type { AddressReading } from '../bdf.ts';
import { printable } from '../warning.ts';

const DRIVER = /^vfio-pci(?:-nohotplug)?$/;
const DEVICES = '/devices/';
const LAST_PCI = new RegExp(`/(${BDF_PATTERN})/?$`);

/** A VFIO device of QEMU: where it is, and the name it bears, if any. */
export interface DeviceOption {
  readonly address: AddressReading;
  readonly id: string | undefined;
}

/**
 * Reads the value of a `-device` option, in either of QEMU's forms: `vfio-pci,host=01:00.0,…` or JSON. Undefined when
 * it is no VFIO device.
 */
export function readDeviceOption(value: string): DeviceOption | undefined {
  const json = value.trimStart().startsWith('{');
  const options = json ? jsonPairs(value) : keyValues(value);
  if (!DRIVER.test(options.get('driver') ?? '')) return undefined;
  return { address: addressOf(options.get('host'), options.get('sysfsdev')), id: options.get('id') };
}

function addressOf(host: string | undefined, sysfsdev: string | undefined): AddressReading {
  if (host !== undefined) {
    if (host.includes('$')) return { problem: `host=${printable(host)} depends on a shell variable whose value the text does not tell` };
    const bdf = parseBdf(host);
    return bdf === undefined ? { problem: `host=${printable(host)} is no PCI address` } : { bdf };
  }
  if (sysfsdev === undefined) return { problem: 'it has neither host= nor sysfsdev=' };
  if (/mdev/.test(sysfsdev)) return { problem: 'sysfsdev= names a mediated device, which has no PCI address of its own' };
  const bdf = parseBdf(pciInSysfs(sysfsdev) ?? '');
  return bdf === undefined ? { problem: 'sysfsdev= names no PCI function' } : { bdf };
}

/** The PCI address at the end of a path below `/devices/`. One expression for both would take its time squared on a long path. */
function pciInSysfs(path: string): string | undefined {
  const match = LAST_PCI.exec(path);
  const devices = path.indexOf(DEVICES);
  return match === null || devices === -1 || devices + DEVICES.length - 1 > match.index ? undefined : match[1];
}

/** `driver,key=value,flag`; the driver may also be given as `driver=`. */
function keyValues(value: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const [at, part] of value.split(',').entries()) {
    const equals = part.indexOf('=');
    if (equals !== -1) options.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
    else if (at === 0) options.set('driver', part.trim());
  }
  return options;
}

/**
 * The pairs of a flat JSON object. The quotes may be missing: `ps` and a shell show the arguments without them. Values
 * hold no comma or brace where it matters here.
 */
function jsonPairs(value: string): Map<string, string> {
  const pairs = value.matchAll(/"?([\w-]{1,64})"?\s*:\s*"?([^",{}]*)/g);
  return new Map(Array.from(pairs, ([, key, item]) => [key!, item!.trim()]));
}
