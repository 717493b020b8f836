import { describe, expect, it } from '@jest/globals';
import { MAX_MARKUP_CHARACTERS } from '../source-text.ts';
import { parseQemuCommands } from './parse.ts';

function parse(text: string) {
  const { vms, warnings } = parseQemuCommands({ name: 'vms/start.sh', text });
  return { vms, reasons: warnings.map(({ line, reason }) => `${line}: ${reason}`) };
}

const bdfs = (text: string) => parse(text).vms.flatMap(({ passthroughs }) => passthroughs.map(({ bdf }) => bdf));

describe('parseQemuCommands', () => {
  it('a script with comments, continuations and a variable', () => {
    const text = `#!/bin/sh
# Boots the VM; host=05:00.0 was the old slot.
NIC=0000:03:10.2
if [ $# != 1 ]; then echo "usage: $0 IMAGE"; exit 1; fi
exec sudo /usr/bin/qemu-system-x86_64 -enable-kvm \\
  -name guest=web-1,debug-threads=on -uuid 6f1d2a52 \\
  -smp cpus=4,sockets=1 \\
  -device vfio-pci,host=01:00.0,id=gpu,x-vga=on \\
  -device "vfio-pci,host=\${NIC}" -hda $1
`;
    expect(parse(text)).toEqual({
      vms: [{
        source: 'vms/start.sh', line: 5, name: 'web-1', uuid: '6f1d2a52', vcpus: 4, pins: [],
        passthroughs: [{ bdf: '0000:01:00.0', line: 8, label: 'gpu' }, { bdf: '0000:03:10.2', line: 9, label: undefined }],
      }],
      reasons: [],
    });
  });

  it('a process list: one line, JSON without its quotes', () => {
    expect(bdfs('qemu 4711 1 /usr/bin/qemu-system-x86_64 -name guest=a,debug-threads=on -device {"driver":"pcie-root-port","port":8} -device {"driver":"vfio-pci","host":"0000:41:00.0","id":"hostdev0"}')).toEqual(['0000:41:00.0']);
  });

  it('several VMs in a script', () => {
    expect(parse("qemu-kvm -name a -smp 2 -device vfio-pci,host=1:0.0 &\nqemu-kvm -name 'b c' --device 'vfio-pci-nohotplug,host=0001:02:00.1'").vms).toMatchObject([
      { name: 'a', vcpus: 2, passthroughs: [{ bdf: '0000:01:00.0' }] },
      { name: 'b c', vcpus: undefined, passthroughs: [{ bdf: '0001:02:00.1' }] },
    ]);
  });

  it('a device named by its place in sysfs', () => {
    expect(bdfs('qemu-system-x86_64 -device vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:65:00.0')).toEqual(['0000:65:00.0']);
  });

  it.each([
    ['-device vfio-pci,host=$1', '-device "vfio-pci,host=$1" is left out: host=$1 depends on a shell variable whose value the text does not tell'],
    ['-device vfio-pci,host=0000:01:00', '-device "vfio-pci,host=0000:01:00" is left out: host=0000:01:00 is no PCI address'],
    ['-device vfio-pci,id=x', '-device "vfio-pci,id=x" is left out: it has neither host= nor sysfsdev='],
    ['-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/83b8', '-device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/83b8" is left out: sysfsdev= names a mediated device, which has no PCI address of its own'],
    ['-device vfio-pci,sysfsdev=/sys/x', '-device "vfio-pci,sysfsdev=/sys/x" is left out: sysfsdev= names no PCI function'],
  ])('%s', (device, reason) => {
    const { vms, reasons } = parse(`qemu-system-x86_64 -name a \\\n ${device}\n`);
    expect(vms[0]!.passthroughs).toEqual([]);
    expect(reasons).toEqual([`2: ${reason}`]);
  });

  it('an address with control characters: the warning shows none', () => {
    expect(parse('qemu-kvm -name a -device vfio-pci,host=\u001b[2J01:00.0\n').reasons).toEqual(['1: -device "vfio-pci,host=?[2J01:00.0" is left out: host=?[2J01:00.0 is no PCI address']);
  });

  it('a long path in sysfs, in no more than its length', () => {
    const { reasons } = parse(`qemu-kvm -name a -device vfio-pci,sysfsdev=${'/devices/'.repeat(40_000)}\n`);
    expect(reasons[0]).toMatch(/sysfsdev= names no PCI function$/);
  });

  it('says what it could not place: a name it made up, devices outside of a command, an open quote, no QEMU', () => {
    const { reasons } = parse('ARGS="-device vfio-pci,host=01:00.0"\nqemu-kvm $ARGS -m "1G\n');
    expect(reasons).toEqual([
      '1: "ARGS="-device vfio-pci,host=01:00.0"" speaks of vfio-pci, but not in a QEMU command; left out',
      '2: the quote " has no end',
      '2: the QEMU command has no -name; its VM is called "start"',
    ]);
    expect(parse('echo hello\n').reasons).toEqual(['0: no QEMU command line was found']);
  });

  it('variables that would grow without bound stay bounded', () => {
    const doubling = Array.from({ length: 40 }, (_, at) => `v${at + 1}=$v${at}$v${at}`).join('\n');
    expect(parse(`v0=xxxxxxxx\n${doubling}\nqemu-kvm -name a ${'$v40'.repeat(2000)}\n`).vms).toHaveLength(1);
    const { reasons } = parse(`qemu-kvm -name a\n${'#'.repeat(MAX_MARKUP_CHARACTERS)}`);
    expect(reasons[0]).toMatch(/^2: the source holds \d+ characters/);
  });
});
