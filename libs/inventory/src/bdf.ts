/**
 * Addresses of PCI functions as the kernel prints them: `DDDD:BB:DD.F`, hexadecimal, the domain with at least four
 * digits (five for VMD domains, which start at 0x10000).
 */
export interface PciAddress {
  readonly domain: number;
  readonly bus: number;
  readonly slot: number;
  readonly fn: number;
}

/** What a reader made of an address: its full form, or a sentence on why there is none. */
export type AddressReading = { readonly bdf: string } | { readonly problem: string };

/** The pattern of a full address, for use in larger expressions. */
export const BDF_PATTERN = '[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]';

const LOOSE_BDF = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i;

export function formatBdf({ domain, bus, slot, fn }: PciAddress): string {
  const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
}

/** Reads `0000:01:00.0` or, as QEMU and lspci allow, `01:00.0`; the full form in lower case, or undefined. */
export function parseBdf(text: string): string | undefined {
  const match = LOOSE_BDF.exec(text);
  if (match === null) return undefined;
  const [, domain = '0', bus, slot, fn] = match;
  const address = { domain: parseInt(domain, 16), bus: parseInt(bus!, 16), slot: parseInt(slot!, 16), fn: parseInt(fn!, 16) };
  return address.slot > 0x1f ? undefined : formatBdf(address);
}

/**
 * Where a vector belongs, as kernels before 6.2 pack it into the hwirq of a PCI MSI domain
 * (`pci_msi_domain_calc_hwirq`, drivers/pci/msi/irqdomain.c): segment << 27 | bus:slot.fn << 11 | vector.
 * Plain arithmetic, since a segment makes it longer than 32 bits.
 */
export function decodeMsiHwirq(hwirq: number): { readonly bdf: string; readonly index: number } {
  const index = hwirq % 2048;
  const requester = Math.floor(hwirq / 2048) % 65536;
  const domain = Math.floor(hwirq / 2 ** 27);
  return { bdf: formatBdf({ domain, bus: requester >> 8, slot: (requester >> 3) & 0x1f, fn: requester & 7 }), index };
}
