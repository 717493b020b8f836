import { describe, expect, it } from '@jest/globals';
import { MAX_LINE_CHARACTERS } from '../source-text.ts';
import { parseInterrupts } from './parse.ts';

const HEADER = '           CPU0       CPU1       ';
const row = (irq: string, tail: string) => ` ${irq}:         12          7  ${tail}`;

function parse(...lines: string[]) {
  return parseInterrupts({ name: 'dump', text: `${lines.join('\n')}\n` });
}

function onlyRow(tail: string) {
  const { rows, warnings } = parse(HEADER, row('30', tail));
  expect(warnings).toEqual([]);
  return rows[0]!;
}

describe('parseInterrupts: forms of a row', () => {
  it('6.2 and later: each function its own chip, the hwirq is the vector', () => {
    expect(onlyRow('IR-PCI-MSIX-0000:03:00.0    1-edge      vfio-msix[1](0000:03:00.0)')).toEqual({
      line: 2,
      irq: 30,
      counts: [12, 7],
      chip: 'IR-PCI-MSIX-0000:03:00.0',
      hwirq: 1,
      flow: 'edge',
      actions: ['vfio-msix[1](0000:03:00.0)'],
      pci: { bdf: '0000:03:00.0', index: 1, kind: 'msix' },
      vfio: [{ kind: 'msix', bdf: '0000:03:00.0', index: 1 }],
    });
    expect(onlyRow('PCI-MSI-0000:00:1c.0   0-edge      PCIe PME, aerdrv')).toMatchObject({ pci: { bdf: '0000:00:1c.0', index: 0, kind: 'msi' }, actions: ['PCIe PME', 'aerdrv'], vfio: [] });
  });

  it('before 6.2: the hwirq holds the address', () => {
    expect(onlyRow('IR-PCI-MSI 409600-edge      vfio-msi[0](0000:00:19.0)')).toMatchObject({
      chip: 'IR-PCI-MSI',
      pci: { bdf: '0000:00:19.0', index: 0, kind: undefined },
      vfio: [{ kind: 'msi', bdf: '0000:00:19.0', index: 0 }],
    });
  });

  it('before 4.0: no hwirq, the address only in the action', () => {
    expect(onlyRow('IR-PCI-MSI-edge      vfio-msi[0](0000:07:00.0)')).toMatchObject({ chip: 'IR-PCI-MSI', hwirq: undefined, flow: 'edge', vfio: [{ bdf: '0000:07:00.0' }] });
    expect(onlyRow('DMAR_MSI-edge      dmar0')).toMatchObject({ chip: 'DMAR_MSI', flow: 'edge', actions: ['dmar0'], pci: undefined });
    expect(onlyRow('IR-IO-APIC-edge    ')).toMatchObject({ chip: 'IR-IO-APIC', actions: [] });
  });

  it('INTx, also on an interrupt shared with a driver of the host', () => {
    expect(onlyRow('IR-IO-APIC   16-fasteoi   ehci_hcd:usb1, vfio-intx(0000:00:1a.0)')).toMatchObject({
      actions: ['ehci_hcd:usb1', 'vfio-intx(0000:00:1a.0)'],
      vfio: [{ kind: 'intx', bdf: '0000:00:1a.0', index: 0 }],
    });
  });

  it.each([
    ['   GICv3  27 Level     arch_timer', { chip: 'GICv3', hwirq: 27, flow: 'Level', actions: ['arch_timer'] }],
    ['   ITS-MSI 81920 Edge      ena-mgmnt@pci:0000:00:05.0', { chip: 'ITS-MSI', pci: { bdf: '0000:00:05.0', index: 0, kind: undefined } }],
    ['ARMH0061:00   3 Edge      ACPI:Event', { chip: 'ARMH0061:00', hwirq: 3, flow: 'Edge' }],
    ['  XT-PIC      i801_smbus', { chip: 'XT-PIC', hwirq: undefined, flow: undefined, actions: ['i801_smbus'] }],
    ['INT344B:00   99  ETD2303:00', { chip: 'INT344B:00', hwirq: 99, flow: undefined, actions: ['ETD2303:00'] }],
    ['xen-pirq    -msi-x     nvme0q0', { chip: 'xen-pirq', hwirq: undefined, flow: 'msi-x', actions: ['nvme0q0'] }],
    ['Hyper-V PCIe MSI 1207959553-edge      mlx5_comp0@pci:0001:00:02.0', { chip: 'Hyper-V PCIe MSI', hwirq: 1207959553 }],
    ['IR-PCI-MSIX-10000:e1:00.0    4-edge      nvme0q4', { pci: { bdf: '10000:e1:00.0', index: 4, kind: 'msix' } }],
  ])('%s', (tail, parts) => {
    expect(onlyRow(tail)).toMatchObject(parts);
  });

  it('rows of the architecture: a number a CPU, or one at any count', () => {
    const { archRows, warnings } = parse(HEADER, 'NMI:          3          4   Non-maskable interrupts', 'ERR:          1', 'IPI0:2768808080 2844211768       Rescheduling interrupts', 'VPMI:         0          0   Perf Guest PMI', 'Err:          0');
    expect(warnings).toEqual([]);
    expect(archRows.map(({ label, counts, description }) => [label, counts, description])).toEqual([
      ['NMI', [3, 4], 'Non-maskable interrupts'],
      ['ERR', [1], ''],
      ['IPI0', [2768808080, 2844211768], 'Rescheduling interrupts'],
      ['VPMI', [0, 0], 'Perf Guest PMI'],
      ['Err', [0], ''],
    ]);
  });

  it('a header that skips offline CPUs', () => {
    expect(parse(' CPU0 CPU2 CPU7', ' 1:   1  2  3  XT-PIC      x').cpus).toEqual([0, 2, 7]);
  });
});

/** Warnings as `line: reason`. */
function reasons(...lines: string[]): string[] {
  return parse(...lines).warnings.map(({ line, reason }) => `${line}: ${reason}`);
}

describe('parseInterrupts: damage, each with its line', () => {
  const vfio = 'IR-PCI-MSI 1572865-edge      vfio-msix[1](0000:03:00.0)';

  it('a prompt, a comment or a markdown fence pasted along', () => {
    const { rows, warnings } = parse('root@pve:~# cat /proc/interrupts', '```', HEADER, row('30', vfio), '```');
    expect(rows).toHaveLength(1);
    expect(warnings.map(({ line, level }) => [line, level])).toEqual([[1, 'notice'], [2, 'notice'], [5, 'notice']]);
  });

  it('a blank line after each row, leading spaces lost, carriage returns', () => {
    const text = [HEADER, '', row('30', vfio).trimStart(), '', row('131', vfio.replaceAll('1]', '2]').replace('65', '66')), ''].join('\r\n');
    const { rows, warnings } = parseInterrupts({ name: 'dump', text });
    expect(rows.map(({ irq }) => irq)).toEqual([30, 131]);
    expect(warnings).toEqual([{ source: 'dump', line: 2, level: 'notice', reason: '2 blank lines between here and the last row' }]);
  });

  it('no header: the columns of most rows are counted', () => {
    const { cpus, headerLine, rows } = parse(row('30', vfio), row('31', 'XT-PIC      x'), ' 32: 5');
    expect(cpus).toEqual([0, 1]);
    expect(headerLine).toBeUndefined();
    expect(rows.map(({ counts }) => counts)).toEqual([[12, 7], [12, 7], [5, 0]]);
    expect(reasons(row('30', vfio))).toEqual(['1: the header is missing; the 2 counters of most rows are taken for CPU0 to CPU1']);
  });

  it('a damaged header', () => {
    expect(parse('CPU0 C#U1 CPU2', ' 1: 1 2 3 XT-PIC   x').cpus).toEqual([0, 1, 2]);
    expect(reasons('CPU0 C#U1 CPU2', ' 1: 1 2 3 XT-PIC   x')).toEqual(['1: "C#U1" in the header is no CPU number above the one before; the column is taken for CPU1']);
    expect(parse('CPU0 CPU2', ' 1: 1 2 3 XT-PIC   x').cpus).toEqual([0, 2, 3]);
  });

  it.each([
    [' 30:', 'irq 30: the row has 0 of 2 counters; the missing ones are taken as 0; the row ends after its counters, before its chip'],
    [' 30:     12', 'irq 30: the row has 1 of 2 counters; the missing ones are taken as 0; the row ends after its counters, before its chip'],
    [row('30', ''), 'irq 30: the row ends after its counters, before its chip'],
    [row('30', 'IR-PCI-M'), 'irq 30: the row ends inside or after its chip'],
    [row('30', 'IR-PCI-MSI 1572'), 'irq 30: the row ends inside or after its hwirq'],
    [row('30', 'IR-PCI-MSI 1572865-ed'), 'irq 30: the row ends inside its flow type'],
    [row('30', vfio.slice(0, -6)), 'irq 30: the action "vfio-msix[1](0000:03" is damaged; its vector is taken from the chip and hwirq: msix[1] of 0000:03:00.0'],
    [row('30', 'IR-PCI-MSI-edge   vfio-msix[1](0000:03:'), 'irq 30: the action "vfio-msix[1](0000:03:" is no whole vfio-msix[N](BDF), vfio-msi[N](BDF) or vfio-intx(BDF); the row\'s vector is left out'],
    [row('30', 'IR-PCI-MSI-edge   vfio-msi[32](0000:03:00.0)'), 'irq 30: the action "vfio-msi[32](0000:03:00.0)" is no whole vfio-msix[N](BDF), vfio-msi[N](BDF) or vfio-intx(BDF); the row\'s vector is left out'],
    [row('30', vfio.replace('65', '67')), 'irq 30: the action says msix[1] of 0000:03:00.0, chip and hwirq say vector 3 of 0000:03:00.0; the action is believed'],
    ['NMI:          3', 'the row NMI has 1 of 2 counters'],
    ['NMI:          3          4', 'the row NMI ends before its description'],
    ['NMI:          3 4294967296   Non-maskable interrupts', 'the row NMI has a counter of more than 32 bits, taken as 0'],
    ['ERR:', 'the row ERR has 0 of 1 counters'],
    ['vfio-msix and nothing else', '"vfio-msix and nothing else" is no row of /proc/interrupts; left out'],
  ])('%s', (line, reason) => {
    expect(reasons(HEADER, row('99', 'XT-PIC   x'), line)).toEqual([`3: ${reason}`]);
  });

  it('a cut or lying action still gives its vector where it can', () => {
    const { rows } = parse(HEADER, row('30', vfio.slice(0, -6)), row('31', vfio.replace('65', '67')));
    expect(rows.map((each) => each.vfio)).toEqual([[{ kind: 'msix', bdf: '0000:03:00.0', index: 1 }], [{ kind: 'msix', bdf: '0000:03:00.0', index: 1 }]]);
  });

  it('a repeated row, and a second dump in the same source', () => {
    expect(reasons(HEADER, row('30', 'XT-PIC   x'), row('30', 'XT-PIC   x'))).toEqual(['3: irq 30 stands in line 2 already; both rows are kept']);
    const { rows, warnings } = parse(HEADER, row('30', 'XT-PIC   x'), HEADER, row('30', 'XT-PIC   x'));
    expect(rows).toHaveLength(1);
    expect(warnings).toEqual([{ source: 'dump', line: 3, lastLine: 4, level: 'warning', reason: 'a second dump starts here and is left out; put it in a file of its own' }]);
  });

  it('a missing newline at the end, since the cut may be inside the last word', () => {
    const { warnings } = parseInterrupts({ name: 'dump', text: `${HEADER}\n${row('30', 'XT-PIC   nvme0q1')}` });
    expect(warnings).toEqual([{ source: 'dump', line: 2, level: 'notice', reason: 'the source does not end with a newline; its last row may be cut' }]);
  });

  it('a line longer than any row', () => {
    expect(reasons(HEADER, row('30', 'XT-PIC   x'), 'x'.repeat(MAX_LINE_CHARACTERS + 1))[0]).toMatch(/^3: the line holds 131073 characters/);
  });

  it('rows without counters, once a million of them are missing', () => {
    const header = Array.from({ length: 1024 }, (_, cpu) => `CPU${cpu}`).join(' ');
    const { rows, warnings } = parse(header, ...Array<string>(1_100).fill('1:'), ` 2:${' 7'.repeat(1024)} XT-PIC   x`);
    expect(rows).toHaveLength(1024);
    expect(warnings.at(-1)?.reason).toMatch(/more warnings/);
  });

  it('nothing at all', () => {
    expect(reasons('')).toEqual(['0: no row of /proc/interrupts was found']);
  });
});
