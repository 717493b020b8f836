import { describe, expect, it } from '@jest/globals';
import { detectSource } from './detect-source.ts';

describe('detectSource', () => {
  it.each([
    ['proc-interrupts', '           CPU0       CPU1\n'],
    ['proc-interrupts', '$ cat /proc/interrupts\n\n 30:  236  3678  IR-PCI-MSI 2097152-edge      vfio-msix[0](0000:04:00.0)\n'],
    ['proc-interrupts', 'NMI:         13         87   Non-maskable interrupts\n'],
    ['proc-interrupts', ' 10:  1  2     GICv3  27 Level     arch_timer\n'],
    ['libvirt-domain', "<?xml version='1.0'?>\n<!-- edited -->\n<domain type='kvm'>\n"],
    ['libvirt-domain', '<domstatus state="running"><domain>'],
    ['libvirt-domain', "  </source>\n</hostdev>\n<memballoon/>\n</devices>"],
    ['libvirt-domain', "<interface managed='yes' type='hostdev'>"],
    ['libvirt-domain', '<hostdev mode="subsystem">'],
    ['libvirt-nodedev', "<device>\n<name>pci_0000_02_10_7</name>\n<capability type='pci'>\n<domain>0</domain></capability></device>"],
    ['qemu-cmdline', '#!/bin/sh\nqemu-system-x86_64 -enable-kvm \\\n -m 1G'],
    ['qemu-cmdline', 'exec "/usr/libexec/qemu-kvm" \\\n  -name a'],
    ['unknown', ''],
    ['unknown', '\u0000\u0001ELF'],
    ['unknown', 'Notes on CPU0: it is hot.\n'],
  ])('%s', (kind, text) => {
    expect(detectSource('file', text).kind).toBe(kind);
  });

  it.each([
    ['[  509.220376] vfio-pci 0000:3a:00.1: enabling device', /kernel log/],
    ['kvm: irq bypass consumer (token 00000000a03c32e5) registration fails: -16', /irq bypass messages/],
    ['  qemu-kvm-123 [004] .... 190.5: kvm_set_irq: gsi 0 level 1', /trace/],
    ['01:00.0 VGA compatible controller: NVIDIA', /lspci/],
    ['           CPU0       CPU1\n          HI:          1          0\n      NET_RX:        120         33\n', /softirqs/],
    ['<network><name>default</name></network>', /XML, but none/],
    ['just text', /text, but none/],
  ])('says what else it seems to be: %s', (text, sentence) => {
    expect(detectSource('file', text)).toEqual({ kind: 'unknown', sentence: expect.stringMatching(sentence) });
  });

  it('knows documentation by its name, unless it holds a dump', () => {
    expect(detectSource('README.md', 'Hosts of ours').sentence).toMatch(/^it is documentation/);
    expect(detectSource('README.md', '```\n           CPU0       CPU1\n```').kind).toBe('proc-interrupts');
  });

  it('takes no long time over text that nearly matches', () => {
    const startedMs = performance.now();
    for (const part of ['\n', ' ', '<device>', '<domain ', '1: 2 ', '<interface ', 'qemu-kvm \\\n ', '</domain> ']) detectSource('file', part.repeat(100_000));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
