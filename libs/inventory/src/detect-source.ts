import { parseHeader } from './interrupts/header.ts';

export type SourceKind = 'proc-interrupts' | 'libvirt-domain' | 'libvirt-nodedev' | 'qemu-cmdline' | 'unknown';

/** What a file is, with a sentence for the user: why it is taken for that, or what it seems to be instead. */
export interface Detection {
  readonly kind: SourceKind;
  readonly sentence: string;
}

/** Characters looked at: what a file is shows early. */
const HEAD_CHARACTERS = 256 * 1024;

const IRQ_ROW = /^[ \t]*\d{1,9}:[ \t]+\d+[ \t]/;
const ROW_WORDS = /edge|fasteoi|level|Edge|Level|XT-PIC|MSI|APIC|GIC|vfio-/;
const ARCH_ROW = /^[ \t]*(?:NMI|LOC|SPU|PMI|IWI|RES|CAL|TLB|MCE|MCP|ERR|MIS|PIN|NPI|PIW|Err|IPI\d):[ \t]*\d/;
const SOFTIRQS = /^[ \t]*(?:NET_RX|TASKLET|HRTIMER):[ \t]+\d/m;
/** Not the `<domain>0</domain>` of a node device's address. */
const DOMAIN = /<(?:domain(?:\s|>)(?!\s*\d)|domstatus[\s>]|hostdev[\s>/]|vcpupin\s|qemu:commandline)|<interface\s[^<>]*type\s*=\s*["']hostdev|<\/(?:devices|hostdev|emulator)>/;
const NODE_DEVICE = /<device>|<capability\s+type\s*=\s*["'](?:pci|system|usb)/;
const QEMU = /(?:^|[\s/"'])qemu(?:-kvm|-system-[\w-]+)?["']?\s+(?:\\\n\s*)*-{1,2}[a-z]/m;

/** Kinds of files that a user may well have beside an inventory. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [SOFTIRQS, 'it is /proc/softirqs, which tells nothing of devices'],
  [/irq bypass (?:producer|consumer) \(token/, 'it is a kernel log with irq bypass messages, which an inventory has no use for'],
  [/^\[\s*\d+\.\d{6}\]/m, 'it is a kernel log (dmesg), which an inventory has no use for'],
  [/\bkvm_\w+:|^@\[|\bperf_|tracer: |VM-EXIT\s+Samples/m, 'it is a trace or a profile, which an inventory has no use for'],
  [/^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] /m, 'it is a list of PCI devices (lspci), which names no vectors and no VMs'],
  [/^\s*</, 'it is XML, but none of libvirt domains, hostdevs or node devices'],
];

/**
 * Tells from the text what a source is; the name only serves where the text says nothing.
 * @param name the file's name
 */
export function detectSource(name: string, text: string): Detection {
  const head = text.slice(0, HEAD_CHARACTERS);
  if (head.trim() === '') return { kind: 'unknown', sentence: 'it is empty' };
  if (head.includes('\0')) return { kind: 'unknown', sentence: 'it is a binary file' };
  if (DOMAIN.test(head)) return { kind: 'libvirt-domain', sentence: 'it holds libvirt domains or hostdevs' };
  if (NODE_DEVICE.test(head)) return { kind: 'libvirt-nodedev', sentence: 'it describes a libvirt node device' };
  if (!SOFTIRQS.test(head) && head.split('\n').some(isInterruptsLine)) return { kind: 'proc-interrupts', sentence: 'it holds rows of /proc/interrupts' };
  if (QEMU.test(head)) return { kind: 'qemu-cmdline', sentence: 'it holds a QEMU command line' };
  const other = OTHERS.find(([pattern]) => pattern.test(head));
  if (other !== undefined) return { kind: 'unknown', sentence: other[1] };
  const what = /\.(?:md|rst|adoc)$/i.test(name) ? 'documentation' : 'text';
  return { kind: 'unknown', sentence: `it is ${what}, but none of /proc/interrupts, libvirt XML or a QEMU command line` };
}

function isInterruptsLine(line: string): boolean {
  return (IRQ_ROW.test(line) && ROW_WORDS.test(line)) || ARCH_ROW.test(line) || parseHeader(line) !== undefined;
}
