import { formatBdf } from '../bdf.ts';
import type { AddressReading } from '../bdf.ts';
import { quoted } from '../warning.ts';
import type { XmlElement } from './xml-tree.ts';

const MAX_PART = { domain: 0xffffffff, bus: 0xff, slot: 0x1f, function: 7 } as const;
type Part = keyof typeof MAX_PART;

/** A whole number as libvirt writes and C's `strtoul` with base 0 reads it: `0x1f`, `31`, `037`; undefined otherwise. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^0x[0-9a-f]{1,8}$/i.test(trimmed)) return parseInt(trimmed, 16);
  if (/^0[0-7]{1,10}$/.test(trimmed)) return parseInt(trimmed, 8);
  return /^\d{1,10}$/.test(trimmed) ? Number(trimmed) : undefined;
}

/**
 * Reads an address from the values of its four parts (attributes of `<address>`, elements of a node device). A missing
 * domain or function is 0, as in libvirt; bus and slot must be there.
 */
export function pciAddressOf(value: (part: Part) => string | undefined): AddressReading {
  const parts = { domain: 0, bus: 0, slot: 0, function: 0 };
  for (const part of Object.keys(parts) as Part[]) {
    const text = value(part) ?? (part === 'domain' || part === 'function' ? '0' : undefined);
    if (text === undefined) return { problem: `its PCI address has no ${part}` };
    const number = parseNumber(text);
    if (number === undefined || number > MAX_PART[part]) {
      return { problem: `the ${part} ${quoted(text, 24)} of its PCI address is no number from 0 to 0x${MAX_PART[part].toString(16)}` };
    }
    parts[part] = number;
  }
  return { bdf: formatBdf({ domain: parts.domain, bus: parts.bus, slot: parts.slot, fn: parts.function }) };
}

const KNOWN_ATTRIBUTES = new Set(['type', 'domain', 'bus', 'slot', 'function', 'multifunction']);

/**
 * The PCI address in an `<address>` element's attributes. One without a domain or a function, but with an attribute
 * that libvirt does not know, is refused: a damaged name must not become the default 0.
 */
export function addressOfElement({ attributes }: XmlElement): AddressReading {
  const unknown = Object.keys(attributes).find((name) => !KNOWN_ATTRIBUTES.has(name));
  const hasAll = attributes['domain'] !== undefined && attributes['function'] !== undefined;
  if (unknown !== undefined && !hasAll) return { problem: `its PCI address has an unknown attribute ${quoted(unknown, 24)}` };
  return pciAddressOf((part) => attributes[part]);
}
