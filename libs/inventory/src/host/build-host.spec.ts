import { describe, expect, it } from '@jest/globals';
import { buildHost } from './build-host.ts';

const HEADER = '           CPU0       CPU1\n';
const VFIO = `${HEADER} 30:        236       3678  IR-PCI-MSI 2097152-edge      vfio-msix[0](0000:04:00.0)
 31:         96         22  IR-PCI-MSI 2097153-edge      vfio-msix[1](0000:04:00.0)
 37:          5          6  IR-PCI-MSI 512000-edge      vfio-msi[0](0000:00:1f.2)
 40:          1          2  IR-PCI-MSI 1048576-edge      nvme0q0
`;
const DRIVEN = `${HEADER} 16:          0          0  PCI-MSI-0000:00:1c.0   0-edge      PCIe PME, aerdrv
 20:       6374          1  PCI-MSI-0000:00:14.0   0-edge      xhci_hcd
 21:         11          2  PCI-MSIX-0000:02:00.0   0-edge      nvme0q0
 22:       6772          3  PCI-MSIX-0000:02:00.0   1-edge      nvme0q1
 23:          9          4  PCI-MSIX-0000:09:00.0   0-edge      mlx4-async@pci:0000:09:00.0
 24:          9          5  PCI-MSIX-0000:09:00.0   1-edge      mlx4-1@0000:09:00.0
`;

function domain(name: string, buses: string[], extra = '') {
  const hostdevs = buses.map((bus) => `<hostdev mode='subsystem' type='pci'><source><address bus='0x${bus}' slot='0x00' function='0x0'/></source></hostdev>`);
  return `<domain><name>${name}</name><vcpu>2</vcpu>${extra}<devices>${hostdevs.join('\n')}</devices></domain>\n`;
}

function build(...texts: string[]) {
  const { host, warnings } = buildHost({ name: 'host-a', sources: texts.map((text, at) => ({ name: `s${at}`, text })) });
  return {
    host,
    devices: host.devices.map(({ bdf, label, vm, vectors }) => `${bdf} ${label} ${vm} ${vectors.map(({ kind, index, hostIrq, total }) => `${kind}[${index}]@${hostIrq}=${total}`).join(' ')}`.trim()),
    vms: host.vms.map(({ name, devices, synthesized }) => `${name}${synthesized ? '*' : ''}: ${devices.join(' ')}`),
    reasons: warnings.map(({ source, line, reason }) => `${source}:${line}: ${reason}`),
  };
}

describe('buildHost', () => {
  it('joins devices with vectors to the VMs that definitions name', () => {
    const { host, devices, vms, reasons } = build(VFIO, domain('web-1', ['04'], "<uuid>u</uuid><cputune><vcpupin vcpu='0' cpuset='1'/></cputune>"));
    expect(devices).toEqual(['0000:00:1f.2 PCI function vm-0000-00-1f.2 msi[0]@37=11', '0000:04:00.0 PCI function web-1 msix[0]@30=3914 msix[1]@31=118']);
    expect(host.cpus).toEqual([0, 1]);
    expect(host.devices[1]!.vectors[0]).toEqual({ index: 0, hostIrq: 30, kind: 'msix', counts: [236, 3678], total: 3914 });
    expect(host.vms[0]).toEqual({ name: 'web-1', uuid: 'u', vcpus: 2, pins: [{ vcpu: 0, cpus: [1] }], devices: ['0000:04:00.0'], synthesized: false });
    expect(vms).toEqual(['web-1: 0000:04:00.0', 'vm-0000-00-1f.2*: 0000:00:1f.2']);
    expect(reasons).toEqual(['s0:4: no definition names 0000:00:1f.2; the VM "vm-0000-00-1f.2" is made up for it']);
  });

  it('keeps a device without vectors, and says who held it', () => {
    const { devices, reasons } = build(VFIO, domain('web-1', ['04', '05']), domain('db-1', ['02']));
    expect(devices).toContain('0000:05:00.0 PCI function web-1');
    expect(reasons).toContain('s1:2: 0000:05:00.0 of "web-1" has no vectors: the interrupts dump shows none');
    expect(reasons).toContain('s2:1: 0000:02:00.0 of "db-1" has no vectors: a driver of the host (nvme0) held them when the dump was taken');
  });

  it('without a dump: devices without vectors, said once', () => {
    expect(build(domain('web-1', ['04', '05'])).reasons).toEqual(['host-a:0: there is no interrupts dump, so no device has vectors']);
  });

  it('gives a device to the VM that names it first', () => {
    const { vms, reasons } = build(VFIO, domain('a', ['04']), domain('b', ['04', '04', '05']));
    expect(vms.slice(0, 2)).toEqual(['a: 0000:04:00.0', 'b: 0000:05:00.0']);
    expect(reasons.filter((reason) => reason.startsWith('s2:')).slice(0, 2)).toEqual([
      's2:1: 0000:04:00.0 belongs to "a" already (s1:1) and is not given to "b": only one of them can run with it at a time',
      's2:2: 0000:04:00.0 belongs to "a" already (s1:1) and is not given to "b": only one of them can run with it at a time',
    ]);
  });

  it('takes a VM defined twice as one, and keeps namesakes apart', () => {
    const { vms, reasons } = build(VFIO, domain('a', ['04'], '<uuid>1</uuid>'), domain('a', ['04', '05'], '<uuid>1</uuid>'), domain('a', ['06'], '<uuid>2</uuid>'));
    expect(vms.slice(0, 2)).toEqual(['a: 0000:04:00.0 0000:05:00.0', 'a-2: 0000:06:00.0']);
    expect(reasons).toContain('s2:1: the VM "a" is defined already in s1:1; both are taken together');
    expect(reasons).toContain('s3:1: another VM has the name "a"; this one is called "a-2"');
  });

  it('labels a device by its node device; makes a VM up for a fragment', () => {
    const nodeDevice = "<device><name>n</name><capability type='pci'><domain>0</domain><bus>4</bus><slot>0</slot><function>0</function><product>NVMe \u001b[31mDisk</product></capability></device>";
    const fragment = "<hostdev type='pci'><source><address bus='0x04' slot='0'/></source></hostdev>";
    const { devices, vms } = build(VFIO, nodeDevice, fragment);
    expect(devices[1]).toBe('0000:04:00.0 NVMe ?[31mDisk vm-0000-04-00.0 msix[0]@30=3914 msix[1]@31=118');
    expect(vms[0]).toBe('vm-0000-04-00.0*: 0000:04:00.0');
  });

  it('says when pins name CPUs that are not online', () => {
    expect(build(VFIO, domain('a', ['04'], "<vcpupin vcpu='0' cpuset='7'/>")).reasons).toContain('s1:1: 1 vCPUs of "a" are pinned to CPUs that are not online in the dump');
  });

  it('leaves out a source it does not know, and refuses a host name that fits no subject', () => {
    expect(build(VFIO, 'hello').reasons[0]).toBe('s1:0: left out: it is text, but none of /proc/interrupts, libvirt XML or a QEMU command line');
    expect(() => buildHost({ name: 'a.b', sources: [] })).toThrow('-22 (EINVAL)');
  });
});

describe('buildHost: a dump in which VFIO holds no vector', () => {
  it('takes the functions with MSI-X, but no bridge', () => {
    const { devices, reasons } = build(DRIVEN);
    expect(devices).toEqual(['0000:02:00.0 nvme0 vm-0000-02-00.0 msix[0]@21=13 msix[1]@22=6775', '0000:09:00.0 mlx4 vm-0000-09-00.0 msix[0]@23=13 msix[1]@24=14']);
    expect(reasons[0]).toMatch(/^s0:0: VFIO holds no vector in this dump; all functions with MSI-X are taken .*: 0000:02:00.0 \(nvme0\), 0000:09:00.0 \(mlx4\)$/);
  });

  it('takes those with MSI when none has MSI-X', () => {
    expect(build(DRIVEN.split('\n').slice(0, 3).join('\n')).devices).toEqual(['0000:00:14.0 xhci_hcd vm-0000-00-14.0 msi[0]@20=6375']);
  });

  it('takes only those that definitions name, if any', () => {
    expect(build(DRIVEN, domain('a', ['09'])).devices).toEqual(['0000:09:00.0 mlx4 a msix[0]@23=13 msix[1]@24=14']);
    const { devices, reasons } = build(DRIVEN, domain('a', ['41']));
    expect(devices).toEqual(['0000:41:00.0 PCI function a']);
    expect(reasons).toEqual(['s1:1: 0000:41:00.0 of "a" has no vectors: the interrupts dump shows none']);
  });

  it('guesses MSI-X from several vectors where the chip does not tell, and numbers those without an index', () => {
    const old = `${HEADER} 41: 1 1  IR-PCI-MSI-edge      mlx4-async@pci:0000:09:00.0\n 42: 1 1  IR-PCI-MSI-edge      mlx4-1@0000:09:00.0\n 43: 1 1  IR-PCI-MSI-edge      ahci\n`;
    expect(build(old).devices).toEqual(['0000:09:00.0 mlx4 vm-0000-09-00.0 msix[0]@41=2 msix[1]@42=2']);
  });

  it('has no device when no row tells an address', () => {
    expect(build(`${HEADER} 43: 1 1  IR-PCI-MSI-edge      ahci\n`)).toMatchObject({ devices: [], reasons: ['host-a:0: no PCI function to play with: VFIO holds no vector, no other row tells its PCI address, and no definition passes one through'] });
  });
});

describe('buildHost: several dumps, repeated vectors', () => {
  it('keeps the higher counts of a vector in two dumps, and lines counters up by CPU', () => {
    const later = VFIO.replace('CPU0       CPU1', 'CPU1       CPU3').replaceAll('  3678', '993678').replace('2-edge      vfio-msix[0]', '4-edge      vfio-msix[2]');
    const { host, reasons } = build(VFIO, later);
    expect(host.cpus).toEqual([0, 1, 3]);
    expect(host.devices[1]!.vectors.map(({ index, counts }) => [index, counts])).toEqual([[0, [236, 3678, 0]], [1, [96, 22, 0]], [2, [0, 236, 993678]]]);
    expect(reasons.at(-1)).toMatch(/^host-a:0: 2 interrupts dumps are taken together as one host/);
    expect(build(VFIO, VFIO.replace('    3678', '    9999')).host.devices[1]!.vectors[0]!.counts).toEqual([236, 9999]);
  });

  it('leaves out a second row of a vector, and vectors of another mode', () => {
    const { devices, reasons } = build(`${VFIO} 50: 1 1 IR-PCI-MSI 2097153-edge      vfio-msix[1](0000:04:00.0)\n 16: 1 1 IO-APIC 16-fasteoi   vfio-intx(0000:04:00.0)\n`);
    expect(devices[1]).toBe('0000:04:00.0 PCI function vm-0000-04-00.0 msix[0]@30=3914 msix[1]@31=118');
    expect(reasons).toEqual(expect.arrayContaining([
      's0:6: irq 50: msix[1] of 0000:04:00.0 is irq 31 already; this row is left out',
      's0:7: irq 16: 0000:04:00.0 has msix vectors too, and one mode at a time; the intx vector is left out',
    ]));
  });
});

describe('buildHost: sources with more than people write', () => {
  it('more VMs of one name than a call can have arguments; their warnings are bounded', () => {
    const { vms, reasons } = build(Array.from({ length: 130_000 }, (_, at) => `qemu-kvm -name a -uuid ${at}\n`).join(''));
    expect(vms).toHaveLength(130_000);
    expect(new Set(vms).size).toBe(130_000);
    expect(reasons.length).toBeLessThan(600);
    expect(reasons.some((reason) => reason.endsWith('more warnings between these lines are not listed'))).toBe(true);
  });

  it('names that look alike once they are fit for a terminal stay apart', () => {
    expect(build("qemu-kvm -name 'a\u0001' -m 1\nqemu-kvm -name 'a\u0002' -m 1\n").vms).toEqual(['a?: ', 'a?-2: ']);
  });
});
