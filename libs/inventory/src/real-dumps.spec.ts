import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { detectSource } from './detect-source.ts';
import { buildHost } from './host/build-host.ts';
import { bdfInAction } from './interrupts/action.ts';
import { counterDelta } from './interrupts/counters.ts';
import type { ArchRow } from './interrupts/model.ts';
import { parseInterrupts } from './interrupts/parse.ts';
import { parseLibvirt } from './libvirt/parse.ts';
import { parseQemuCommands } from './qemu/parse.ts';

/** Dumps written by others; they are not part of the project, so a clone may well lack them. */
const REAL = fileURLToPath(new URL('../../../../shared/real', import.meta.url));
const available = existsSync(REAL);
if (!available) process.stdout.write('real-dumps: the folder ../shared/real is not available here; the real dumps are not read\n');

const describeReal = available ? describe : describe.skip;
const read = (path: string) => ({ name: path, text: readFileSync(`${REAL}/${path}`, 'utf8') });
const filesOf = (folder: string) => (available ? readdirSync(`${REAL}/${folder}`, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name)).toSorted().map((name) => `${folder}/${name}`) : []);
const interrupts = (name: string) => parseInterrupts(read(`proc-interrupts/${name}`));
const libvirt = (name: string) => parseLibvirt(read(`libvirt/${name}`));
const said = (warnings: readonly { line: number; reason: string }[]) => warnings.map(({ line, reason }) => `${line}: ${reason}`);

function archSum(archRows: readonly ArchRow[], wanted: string): number | undefined {
  return archRows.find(({ label }) => label === wanted)?.counts.reduce((sum, count) => sum + count, 0);
}

describeReal('real /proc/interrupts', () => {
  /** CPUs, numbered rows, rows of the architecture, VFIO vectors, sum of PIN, sum of PIW, lines with a warning. */
  const facts: [string, number, number, number, number, number | undefined, number | undefined, number[]][] = [
    ['m3-13900k-32cpu-vfio-msix.txt', 32, 95, 19, 9, 203032, 0, []],
    ['m3-laptop-8cpu-prompt.txt', 8, 28, 19, 0, 0, 0, [1]],
    ['m3-n100-noapic-1cpu.txt', 1, 21, 19, 0, 0, 0, [1]],
    ['node_exporter-4cpu.txt', 4, 15, 15, 0, undefined, undefined, []],
    ['node_exporter-aarch64.txt', 8, 51, 8, 0, undefined, undefined, []],
    ['pairs/317-vm-posted-after.txt', 2, 10, 18, 1, 953, 561360, []],
    ['pairs/317-vm-posted-before.txt', 2, 10, 18, 1, 159, 46360, []],
    ['pairs/339-vm-remapped-after.txt', 2, 11, 18, 2, 0, 0, []],
    ['pairs/339-vm-remapped-before.txt', 2, 11, 18, 2, 0, 0, []],
    ['pairs/342-vm-posted-after.txt', 2, 11, 18, 2, 68562, 1732579, []],
    ['pairs/342-vm-posted-before.txt', 2, 11, 18, 2, 5378, 150157, []],
    ['pairs/344-vm-posted-after.txt', 2, 11, 18, 2, 24410, 527, []],
    ['pairs/344-vm-posted-before.txt', 2, 11, 18, 2, 11877, 527, []],
    ['pairs/449-disk-remapped-after.txt', 2, 35, 18, 4, 1, 0, []],
    ['pairs/449-disk-remapped-before.txt', 2, 35, 18, 4, 0, 0, []],
    ['pairs/456-disk-remapped-after.txt', 2, 35, 18, 4, 21, 0, []],
    ['pairs/456-disk-remapped-before.txt', 2, 35, 18, 4, 2, 0, []],
    ['pcp-8cpu-x86_64.txt', 8, 19, 19, 0, 0, 0, []],
    ['skyao-pve-12cpu.txt', 12, 51, 19, 0, 0, 0, []],
    ['sysstat-root4.txt', 8, 21, 22, 0, 0, 0, []],
    ['ubuntuforum-8cpu-vfio-msi.txt', 8, 26, 16, 1, undefined, undefined, []],
    ['vfio_nvme-20cpu-blanklines.txt', 20, 14, 0, 1, undefined, undefined, [1, 2]],
  ];

  it('are all listed here', () => {
    expect(facts.map(([name]) => `proc-interrupts/${name}`).toSorted()).toEqual(filesOf('proc-interrupts'));
  });

  it.each(facts)('%s', (name, cpus, rows, archRows, vectors, pin, piw, warned) => {
    const source = read(`proc-interrupts/${name}`);
    const dump = parseInterrupts(source);
    expect(detectSource(name, source.text).kind).toBe('proc-interrupts');
    expect([dump.cpus.length, dump.rows.length, dump.archRows.length]).toEqual([cpus, rows, archRows]);
    expect(dump.rows.flatMap(({ vfio }) => vfio)).toHaveLength(vectors);
    expect([archSum(dump.archRows, 'PIN'), archSum(dump.archRows, 'PIW')]).toEqual([pin, piw]);
    expect(dump.warnings.map(({ line }) => line)).toEqual(warned);
    const lines = source.text.split('\n').filter((line) => line.trim() !== '').length;
    expect(1 + rows + archRows + dump.warnings.filter(({ reason }) => reason.endsWith('left out')).length).toBe(lines);
  });

  it('address by hwirq and by action agree in all rows that have both', () => {
    const rows = facts.flatMap(([name]) => interrupts(name).rows).flatMap((row) => {
      const named = row.actions.map(bdfInAction).find((bdf) => bdf !== undefined);
      return named === undefined || row.pci?.index === undefined ? [] : [{ named, row }];
    });
    const shared = rows.filter(({ row }) => !/MSIX?-/.test(row.chip!));
    expect(shared).toHaveLength(51);
    expect(shared.filter(({ row }) => row.vfio.length > 0)).toHaveLength(31);
    expect(rows).toHaveLength(51 + 37);
    expect(rows.filter(({ named, row }) => row.pci!.bdf !== named)).toEqual([]);
  });

  it('m3-13900k: vectors of one function, counted on the host since posting was not available', () => {
    const { host } = buildHost({ name: 'm3', sources: [read('proc-interrupts/m3-13900k-32cpu-vfio-msix.txt')] });
    expect(host.devices).toHaveLength(1);
    expect(host.devices[0]).toMatchObject({ bdf: '0000:03:00.0', vm: 'vm-0000-03-00.0' });
    expect(host.devices[0]!.vectors.map(({ index, hostIrq, kind, total }) => [index, hostIrq, kind, total])).toEqual([
      [0, 127, 'msix', 22], [1, 130, 'msix', 4649920], [2, 131, 'msix', 125897], [3, 132, 'msix', 4507193], [4, 133, 'msix', 2789444],
      [5, 134, 'msix', 188], [6, 135, 'msix', 2262612], [7, 136, 'msix', 1], [8, 137, 'msix', 4952924],
    ]);
  });

  it('m3-laptop: the prompt in front, a chained row without a flow type', () => {
    const { rows, warnings } = interrupts('m3-laptop-8cpu-prompt.txt');
    expect(said(warnings)).toEqual(['1: "➜  irq cat /proc/interrupts" is no row but was pasted along; left out']);
    expect(rows.find(({ irq }) => irq === 127)).toMatchObject({ chip: 'INT344B:00', hwirq: 99, flow: undefined, actions: ['ETD2303:00'] });
    expect(rows.find(({ irq }) => irq === 139)!.pci).toEqual({ bdf: '0000:03:00.0', index: 7, kind: undefined });
  });

  it('m3-n100: rows of the 8259, chips without remapping', () => {
    const { rows } = interrupts('m3-n100-noapic-1cpu.txt');
    expect(rows.slice(0, 5).map(({ chip, actions }) => [chip, actions[0]])).toEqual([['XT-PIC', 'cascade'], ['XT-PIC', 'rtc0'], ['XT-PIC', 'acpi'], ['XT-PIC', 'i801_smbus'], ['XT-PIC', 'INTC1057:00']]);
    expect(rows.find(({ irq }) => irq === 22)).toMatchObject({ pci: { bdf: '0000:02:00.0', index: 1, kind: 'msix' }, counts: [6772] });
  });

  it('aarch64: ITS-MSI hwirqs hold the address too, IPI rows, counters above 2^31', () => {
    const { rows, archRows } = interrupts('node_exporter-aarch64.txt');
    expect(rows.find(({ irq }) => irq === 57)).toMatchObject({ chip: 'ITS-MSI', flow: 'Edge', pci: { bdf: '0000:00:05.0', index: 0 }, actions: ['ena-mgmnt@pci:0000:00:05.0'] });
    expect(rows.find(({ irq }) => irq === 59)!.counts[3]).toBe(2709937608);
    expect(archRows.map(({ label }) => label)).toEqual(['IPI0', 'IPI1', 'IPI2', 'IPI3', 'IPI4', 'IPI5', 'IPI6', 'Err']);
    expect(archRows[0]).toMatchObject({ description: 'Rescheduling interrupts', counts: expect.arrayContaining([2768808080]) });
  });

  it('sysstat: CPU6 is offline', () => {
    expect(interrupts('sysstat-root4.txt').cpus).toEqual([0, 1, 2, 3, 4, 5, 7, 8]);
  });

  it('ubuntuforum: no hwirq, a row without an action', () => {
    const { rows } = interrupts('ubuntuforum-8cpu-vfio-msi.txt');
    expect(rows.find(({ irq }) => irq === 45)).toMatchObject({ chip: 'IR-PCI-MSI', hwirq: undefined, flow: 'edge', vfio: [{ kind: 'msi', bdf: '0000:07:00.0', index: 0 }] });
    expect(rows.find(({ irq }) => irq === 7)).toMatchObject({ chip: 'IR-IO-APIC', flow: 'edge', actions: [] });
  });

  it('vfio_nvme: a comment in front, blank lines between, no tail', () => {
    const { rows, warnings } = interrupts('vfio_nvme-20cpu-blanklines.txt');
    expect(said(warnings)).toEqual(['1: "/* optput of /proc/interrupts */" is no row but was pasted along; left out', '2: 16 blank lines between here and the last row']);
    expect(rows.at(-1)).toMatchObject({ irq: 128, line: 32, vfio: [{ kind: 'msix', bdf: '0000:03:00.0', index: 1 }] });
  });

  it('skyao: mlx4 vectors of a host driver stand in where VFIO has none', () => {
    const { host, warnings } = buildHost({ name: 'pve', sources: [read('proc-interrupts/skyao-pve-12cpu.txt')] });
    expect(host.devices.map(({ bdf, label, vectors }) => [bdf, label, vectors.length])).toEqual([['0000:06:00.0', 'enp6s0', 1], ['0000:07:00.0', 'enp7s0', 1], ['0000:09:00.0', 'mlx4', 25]]);
    expect(warnings[0]!.reason).toMatch(/^VFIO holds no vector in this dump; all functions with MSI-X are taken as passed through/);
  });

  it.each([
    ['317-vm-posted', 0, [0], 794, 515000],
    ['339-vm-remapped', 1, [1948, 3640007], 0, 0],
    ['342-vm-posted', 1, [0, 0], 63184, 1582422],
    ['344-vm-posted', 1, [0, 0], 12533, 0],
  ])('pair %s: what came between before and after', (name, cpu, vfio, pin, piw) => {
    const [before, after] = ['before', 'after'].map((when) => interrupts(`pairs/${name}-${when}.txt`));
    const delta = (label: string) => counterDelta(archSum(before!.archRows, label)!, archSum(after!.archRows, label)!);
    const rows = (dump: typeof before) => dump!.rows.filter((row) => row.vfio.length > 0);
    expect(rows(after).map((row, at) => counterDelta(rows(before)[at]!.counts[cpu]!, row.counts[cpu]!))).toEqual(vfio);
    expect([delta('PIN'), delta('PIW')]).toEqual([pin, piw]);
  });

  it('pairs as one host: the vectors of all dumps, each once, with the highest counts', () => {
    const { host, warnings } = buildHost({ name: 'pairs', sources: filesOf('proc-interrupts/pairs').map(read) });
    expect(host.devices.map(({ bdf, vectors }) => [bdf, vectors.length])).toEqual([['0000:00:19.0', 1], ['0000:00:1f.2', 1], ['0000:04:00.0', 2], ['0000:07:00.1', 3]]);
    expect(host.devices[2]!.vectors[1]!.total).toBe(96 + 4194478);
    expect(said(warnings).at(-1)).toMatch(/^0: 12 interrupts dumps are taken together as one host/);
  });
});

describeReal('real libvirt XML and QEMU scripts', () => {
  /** VMs with vCPUs, pins and passed-through functions; lines with a warning. */
  const facts: [string, string[], number[]][] = [
    ['libvirt-hostdev-mdev-precreated.xml', ['QEMUGuest2 1 0:'], [22]],
    ['libvirt-hostdev-pci-multifunction.xml', ['delete 4 0: 0005:90:01.0 0001:01:00.1 0001:01:00.0 0005:90:01.2 0005:90:01.3 0000:06:12.1 0000:06:12.2'], []],
    ['libvirt-hostdev-vfio.xml', ['QEMUGuest2 1 0: 0000:06:12.1 0000:06:12.2 0000:06:12.3 0000:06:12.4'], []],
    ['libvirt-hotplug-hostdev-pci.xml', [], [1]],
    ['libvirt-net-hostdev-vfio-multidomain.xml', ['QEMUGuest1 1 0: 0021:de:1f.1'], []],
    ['libvirt-nodedev-pci_0000_02_10_7_sriov.xml', [], [1]],
    ['user-aarobc-win.xml', ['gamingvm 6 6: 0000:06:00.0 0000:01:00.0'], []],
    ['user-bryansteiner-win10.xml', ['win10 12 12: 0000:04:00.0 0000:07:00.0 0000:07:00.1 0000:07:00.3 0000:0d:00.0 0000:0d:00.1 0000:0d:00.2 0000:0d:00.3'], []],
    ['user-fanfan42-l14-sriov-atlas11.xml', ['atlas11 8 8: 0000:00:02.1'], []],
    ['user-jscinoz-gentoo-vm.xml', ['gentoo-vm 8 8: 0000:01:00.0'], [176]],
    ['user-manu-win10-gvt.xml', ['win10-gvt 1 0: 0000:01:00.0'], [220]],
    ['user-whosboosh-win10-working-lookingglass-7950x3d.xml', ['win10 16 16: 0000:16:00.0 0000:01:00.0 0000:01:00.1'], [318]],
    [
      'virtmanager-virt-install-many-devices.xml',
      ['fedora 9 1: 0000:00:07.0 0000:00:09.0 0000:00:04.0 0000:00:19.0 0000:15:00.1 0002:15:00.2 0000:15:00.3 0000:15:00.4'],
      [901, 907, 937, 944, 950, 958, 965, 972, 977, 982, 987, 1108],
    ],
  ];

  it('are all listed here', () => {
    expect([...facts.map(([name]) => `libvirt/${name}`), 'libvirt/qemu-cmd-vfio-nic.sh'].toSorted()).toEqual(filesOf('libvirt'));
  });

  it.each(facts)('%s', (name, vms, warned) => {
    const document = libvirt(name);
    expect(detectSource(name, read(`libvirt/${name}`).text).kind).toBe(name.includes('nodedev') ? 'libvirt-nodedev' : 'libvirt-domain');
    expect(document.vms.map((vm) => `${vm.name} ${vm.vcpus} ${vm.pins.length}: ${vm.passthroughs.map(({ bdf }) => bdf).join(' ')}`.trim())).toEqual(vms);
    expect(document.warnings.map(({ line }) => line)).toEqual(warned);
  });

  it('a fragment and a node device are what they are', () => {
    expect(libvirt('libvirt-hotplug-hostdev-pci.xml').fragments).toMatchObject([{ bdf: '0000:06:12.2', line: 1 }]);
    expect(libvirt('libvirt-nodedev-pci_0000_02_10_7_sriov.xml').nodeDevices).toMatchObject([{ bdf: '0000:02:10.7', product: '82576 Virtual Function' }]);
  });

  it('mediated devices are named as such', () => {
    expect(said(libvirt('libvirt-hostdev-mdev-precreated.xml').warnings)).toEqual(['22: the mediated device "53764d0e-85a0-42b4-af5c-2046b460b1dc" has no PCI address of its own and is left out']);
  });

  it('many-devices: 16 hostdevs and 3 hostdev interfaces, each a device or a warning', () => {
    const { vms, warnings } = libvirt('virtmanager-virt-install-many-devices.xml');
    expect(vms[0]!.passthroughs.filter(({ label }) => label === 'network interface')).toHaveLength(3);
    const hostdevs = vms[0]!.passthroughs.length - 3 + warnings.filter(({ reason }) => reason.includes('<hostdev>')).length;
    expect(hostdevs).toBe(16);
    expect(said(warnings).at(-1)).toMatch(/^1108: -device "vfio-pci,addr=05.0,sysfsdev=\/sys\/class\/mdev_bus\/.* mediated device/);
  });

  it('pins of the 7950X3D: vCPUs over two threads of each core', () => {
    expect(libvirt('user-whosboosh-win10-working-lookingglass-7950x3d.xml').vms[0]!.pins.slice(0, 3)).toEqual([{ vcpu: 0, cpus: [0] }, { vcpu: 1, cpus: [16] }, { vcpu: 2, cpus: [1] }]);
  });

  it('a QEMU script whose device is an argument', () => {
    const source = read('libvirt/qemu-cmd-vfio-nic.sh');
    expect(detectSource(source.name, source.text).kind).toBe('qemu-cmdline');
    const { vms, warnings } = parseQemuCommands(source);
    expect(vms).toMatchObject([{ name: 'qemu-cmd-vfio-nic', line: 16, vcpus: undefined, passthroughs: [] }]);
    expect(said(warnings)).toEqual([
      '16: the QEMU command has no -name; its VM is called "qemu-cmd-vfio-nic"',
      '22: -device "vfio-pci,host=${bdf},id=vfio_pci_nic" is left out: host=${bdf} depends on a shell variable whose value the text does not tell',
    ]);
  });
});

describeReal('real kernel logs and traces', () => {
  it.each([...filesOf('dmesg'), ...filesOf('traces')])('%s is of no kind for an inventory, and the sentence says what it is', (path) => {
    expect(detectSource(path, read(path).text)).toEqual({ kind: 'unknown', sentence: expect.stringMatching(path.startsWith('dmesg') ? /kernel log/ : /trace or a profile/) });
  });
});
