import { BDF_PATTERN, decodeMsiHwirq, parseBdf } from '../bdf.ts';
import { bdfInAction } from './action.ts';
import type { PciVector } from './model.ts';

/** What follows the counters of a numbered row. */
export interface RowTail {
  readonly chip: string | undefined;
  readonly hwirq: number | undefined;
  readonly flow: string | undefined;
  readonly actions: readonly string[];
  /** Why the tail looks cut, if it does. */
  readonly problem: string | undefined;
}

/*
 * kernel/irq/proc.c prints " %8s" chip, " %*lu" hwirq, "-%-8s" flow, "  action, action". Which parts are there depends
 * on the kernel's age and the platform; the forms below are tried in this order.
 */
/** `IR-PCI-MSI 1572865-edge  name`, `Hyper-V PCIe MSI 1207959553-edge  name`, `xen-pirq    -msi-x  name`. */
const CHIP_HWIRQ_DASH_FLOW = /^(\S+(?: \S+){0,3}?)\s+(\d{1,16})?-([A-Za-z][\w-]*)(?:\s+(.*))?$/;
/** `GICv3  27 Level     arch_timer`. */
const CHIP_HWIRQ_TRIGGER = /^(\S+(?: \S+){0,3}?)\s+(\d{1,16})\s+(Level|Edge)(?:\s+(.*))?$/;
/** `IR-IO-APIC-fasteoi   acpi` (before 3.20). */
const CHIP_DASH_FLOW = /^(\S+?)-(edge|fasteoi|level|percpu|simple)(?:\s+(.*))?$/;
/** `INT344B:00   99  ETD2303:00`. */
const CHIP_HWIRQ = /^(\S+)\s+(\d{1,16})(?:\s+(.*))?$/;
/** `XT-PIC      cascade`. */
const CHIP_ONLY = /^(\S+)(?:\s+(.*))?$/;

const KNOWN_FLOWS = /^(?:edge|fasteoi|level|percpu|simple|Edge|Level|msi|msi-x|event|pirq|virq|ipi|eoi)$/;

/** Reads the words after a row's counters. */
export function parseRowTail(text: string): RowTail {
  const tail = text.trim();
  if (tail === '') return { chip: undefined, hwirq: undefined, flow: undefined, actions: [], problem: 'the row ends after its counters, before its chip' };
  const whole = CHIP_HWIRQ_DASH_FLOW.exec(tail) ?? CHIP_HWIRQ_TRIGGER.exec(tail);
  if (whole !== null) {
    const [, chip, hwirq, flow, actions] = whole;
    const cut = actions === undefined && !KNOWN_FLOWS.test(flow!);
    return rowTail(chip!, hwirq, flow, actions, cut ? 'the row ends inside its flow type' : undefined);
  }
  const old = CHIP_DASH_FLOW.exec(tail);
  if (old !== null) return rowTail(old[1]!, undefined, old[2], old[3], undefined);
  const chained = CHIP_HWIRQ.exec(tail);
  if (chained !== null) return rowTail(chained[1]!, chained[2], undefined, chained[3], chained[3] === undefined ? 'the row ends inside or after its hwirq' : undefined);
  const [, chip, actions] = CHIP_ONLY.exec(tail)!;
  const mayStandAlone = /^(?:XT-PIC|None|dummy|-)$/.test(chip!);
  return rowTail(chip!, undefined, undefined, actions, actions === undefined && !mayStandAlone ? 'the row ends inside or after its chip' : undefined);
}

function rowTail(chip: string, hwirq: string | undefined, flow: string | undefined, actions: string | undefined, problem: string | undefined): RowTail {
  const names = (actions ?? '').split(/,\s*/).map((name) => name.trim()).filter((name) => name !== '');
  return { chip, hwirq: hwirq === undefined ? undefined : Number(hwirq), flow, actions: names, problem };
}

/** Since 6.2 each function has its own MSI domain, named after it; the hwirq is the vector. */
const PER_DEVICE_CHIP = new RegExp(`(?:^|-)PCI-MSI(X?)-(${BDF_PATTERN})$`);
/** Chips of the older, shared domain, whose hwirq holds the address. */
const SHARED_CHIP = /^(?:(?:IR-)?PCI-MSI|ITS-MSI)$/;

/** The PCI function and vector of a row, from chip and hwirq, else from an address in an action's name. */
export function pciVectorOf({ chip, hwirq, actions }: RowTail): PciVector | undefined {
  const own = PER_DEVICE_CHIP.exec(chip ?? '');
  if (own !== null) {
    const bdf = parseBdf(own[2]!);
    return bdf === undefined || hwirq === undefined ? undefined : { bdf, index: hwirq, kind: own[1] === 'X' ? 'msix' : 'msi' };
  }
  if (hwirq !== undefined && SHARED_CHIP.test(chip ?? '')) return { ...decodeMsiHwirq(hwirq), kind: undefined };
  if (!/(?:^|-)PCI-MSI/.test(chip ?? '')) return undefined;
  const named = actions.map(bdfInAction).find((bdf) => bdf !== undefined);
  return named === undefined ? undefined : { bdf: named, index: undefined, kind: undefined };
}
