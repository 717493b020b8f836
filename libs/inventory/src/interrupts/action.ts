import { BDF_PATTERN, parseBdf } from '../bdf.ts';
import { quoted } from '../warning.ts';
import type { PciVector, VectorKind, VfioAction } from './model.ts';

/** drivers/vfio/pci/vfio_pci_intrs.c names its handlers in these three forms. */
const VFIO_MSI = new RegExp(`^vfio-(msix|msi)\\[(\\d{1,4})\\]\\((${BDF_PATTERN})\\)$`);
const VFIO_INTX = new RegExp(`^vfio-intx\\((${BDF_PATTERN})\\)$`);
/** `mlx4-1@0000:09:00.0`, `ena-mgmnt@pci:0000:00:05.0`, `ahci[0000:00:17.0]`, `0000:00:1f.2`. */
const ANY_BDF = new RegExp(`(?:^|[^0-9a-fA-F])(${BDF_PATTERN})(?![0-9a-fA-F])`);

/** PCI allows 2,048 MSI-X vectors and 32 MSI vectors a function. */
const MAX_INDEX: Record<VectorKind, number> = { msix: 2047, msi: 31, intx: 0 };

/** Reads a VFIO action; undefined when it is not one, or none that is whole. */
export function parseVfioAction(action: string): VfioAction | undefined {
  const msi = VFIO_MSI.exec(action);
  if (msi !== null) {
    const kind = msi[1] as 'msix' | 'msi';
    const index = Number(msi[2]);
    const bdf = parseBdf(msi[3]!);
    return bdf === undefined || index > MAX_INDEX[kind] ? undefined : { kind, bdf, index };
  }
  const bdf = parseBdf(VFIO_INTX.exec(action)?.[1] ?? '');
  return bdf === undefined ? undefined : { kind: 'intx', bdf, index: 0 };
}

/** The PCI address in a driver's action name, or undefined. */
export function bdfInAction(action: string): string | undefined {
  return parseBdf(ANY_BDF.exec(action)?.[1] ?? '');
}

/** What the VFIO actions of one row say, checked against what its chip and hwirq say. */
export interface VfioReading {
  readonly vfio: readonly VfioAction[];
  /** Sentences on what did not fit. */
  readonly problems: readonly string[];
}

/**
 * Reads the VFIO actions of a row. The action's own words win over the hwirq where both are there and differ; a cut
 * action (`vfio-msix[1](0000:03`) is completed from the hwirq.
 */
export function readVfioActions(actions: readonly string[], pci: PciVector | undefined): VfioReading {
  const vfio: VfioAction[] = [];
  const problems: string[] = [];
  for (const action of actions) {
    if (!action.startsWith('vfio-')) continue;
    const parsed = parseVfioAction(action);
    if (parsed === undefined) {
      const repaired = completeFromChip(action, pci);
      if (repaired === undefined) problems.push(`the action ${quoted(action)} is no whole vfio-msix[N](BDF), vfio-msi[N](BDF) or vfio-intx(BDF); the row's vector is left out`);
      else {
        vfio.push(repaired);
        problems.push(`the action ${quoted(action)} is damaged; its vector is taken from the chip and hwirq: ${repaired.kind}[${repaired.index}] of ${repaired.bdf}`);
      }
      continue;
    }
    vfio.push(parsed);
    if (pci?.index !== undefined && parsed.kind !== 'intx') problems.push(...disagreements(parsed, pci));
  }
  return { vfio, problems };
}

function completeFromChip(action: string, pci: PciVector | undefined): VfioAction | undefined {
  const kind = /^vfio-(msix|msi)(?![a-z])/.exec(action)?.[1] as 'msix' | 'msi' | undefined;
  if (pci?.index === undefined || kind === undefined || pci.index > MAX_INDEX[kind]) return undefined;
  return { kind, bdf: pci.bdf, index: pci.index };
}

function disagreements(action: VfioAction, pci: PciVector): string[] {
  const same = action.bdf === pci.bdf && action.index === pci.index && (pci.kind === undefined || pci.kind === action.kind);
  if (same) return [];
  const chip = `${pci.kind === undefined ? `vector ${pci.index}` : `${pci.kind}[${pci.index}]`} of ${pci.bdf}`;
  return [`the action says ${action.kind}[${action.index}] of ${action.bdf}, chip and hwirq say ${chip}; the action is believed`];
}
