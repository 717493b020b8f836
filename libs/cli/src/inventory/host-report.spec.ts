import { describe, expect, test } from '@jest/globals';
import { hostReport, ranges } from './host-report.ts';

describe('hostReport', () => {
  test('shows size, devices and VMs, and nothing that acts on a terminal', () => {
    const vectors = [0, 1].map((index) => ({ index, hostIrq: 72 + index, kind: 'msix' as const, counts: [3, 4], total: 7 }));
    const report = hostReport({
      name: 'host-a',
      cpus: [0, 1],
      devices: [{ bdf: '0000:3b:02.1', label: 'a very long label of a device\u001b[2J', vm: 'web-1', vectors }],
      vms: [{ name: 'web-1', vcpus: 4, pins: [{ vcpu: 0, cpus: [4, 5] }], devices: ['0000:3b:02.1'], synthesized: false }],
    });
    expect(report.split('\n')).toEqual([
      'host-a: 2 CPUs, 1 passed-through device, 2 vectors, 1 VM',
      '',
      'DEVICE        VM     VECTORS  HOST IRQS  INTERRUPTS  WHAT',
      '0000:3b:02.1  web-1  2 msix   72-73              14  a very long label of a …',
      '',
      'VM     VCPUS  PINNED TO  DEVICES',
      'web-1      4  4-5        0000:3b:02.1',
      '',
    ]);
  });

  test('a host without devices is one line', () => {
    expect(hostReport({ name: 'x', cpus: [0], devices: [], vms: [] })).toBe('x: 1 CPU, 0 passed-through devices, 0 vectors, 0 VMs\n');
  });
});

describe('ranges', () => {
  test('joins neighbours, sorts, and shows none as a dash', () => {
    expect([ranges([]), ranges([5]), ranges([137, 127, 130, 131, 130])]).toEqual(['-', '5', '127,130-131,137']);
  });
});
