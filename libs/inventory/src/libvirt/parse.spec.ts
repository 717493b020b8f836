import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_MARKUP_CHARACTERS } from '../source-text.ts';
import { damaged } from '../testing/damage.ts';
import { exampleSources } from '../testing/example-files.ts';
import { parseLibvirt } from './parse.ts';

function parse(text: string) {
  const { warnings, ...document } = parseLibvirt({ name: 'vms/a.xml', text });
  return { ...document, reasons: warnings.map(({ line, reason }) => `${line}: ${reason}`) };
}

function domain(devices: string, rest = '<vcpu>2</vcpu>') {
  return `<domain type='kvm'>\n<name>a</name>${rest}\n<devices>\n${devices}\n</devices></domain>`;
}

const address = (bus: string) => `<address domain='0x0000' bus='${bus}' slot='0x00' function='0x1'/>`;
const hostdev = (bus: string) => `<hostdev mode='subsystem' type='pci' managed='yes'><source>${address(bus)}</source></hostdev>`;
/** Addresses of all that is passed through, to a VM or by a fragment. */
function bdfs(text: string): string[] {
  const { vms, fragments } = parse(text);
  return [...vms.flatMap(({ passthroughs }) => passthroughs), ...fragments].map(({ bdf }) => bdf);
}

describe('parseLibvirt: what a domain says', () => {
  it('name, UUID, vCPUs, pins, hostdevs', () => {
    const text = domain(hostdev('0x03'), `<uuid>u-1</uuid><vcpu placement='static' current='1'>4</vcpu><cputune><vcpupin cpuset="0-3,^1,8" vcpu="0"/></cputune>`);
    expect(parse(text)).toEqual({
      source: 'vms/a.xml',
      vms: [{ source: 'vms/a.xml', line: 1, name: 'a', uuid: 'u-1', vcpus: 4, pins: [{ vcpu: 0, cpus: [0, 2, 3, 8] }], passthroughs: [{ bdf: '0000:03:00.1', line: 4, label: undefined }] }],
      fragments: [],
      nodeDevices: [],
      reasons: [],
    });
  });

  it('the host address in <source>, not the guest address beside it', () => {
    expect(bdfs(domain(`<hostdev type="pci" mode="subsystem"><address type='pci' domain='0x0000' bus='0x0a' slot='0x00' function='0x0'/><source>${address('0x41')}</source></hostdev>`))).toEqual(['0000:41:00.1']);
  });

  it.each([
    ["<address bus='0x15' slot='0x1f'/>", '0000:15:1f.0'],
    ['<address function="4" slot="25" bus="21" domain="2"/>', '0002:15:19.4'],
    ["<address domain='0x10000' bus='0xe1' slot='010' function='0x0'/>", '10000:e1:08.0'],
  ])('numbers as libvirt reads them: %s', (source, bdf) => {
    expect(bdfs(domain(`<hostdev type='pci'><source>${source}</source></hostdev>`))).toEqual([bdf]);
  });

  it('an interface that is a hostdev; an alias of the user as label', () => {
    const text = domain(`<interface type='bridge'/><interface managed='yes' type='hostdev'><source>${address('0x06')}</source></interface>
${hostdev('0x07').replace('</hostdev>', "<alias name='ua-gpu'/></hostdev>")}${hostdev('0x08').replace('</hostdev>', "<alias name='hostdev2'/></hostdev>")}`);
    expect(parse(text).vms[0]!.passthroughs.map(({ bdf, label }) => [bdf, label])).toEqual([['0000:06:00.1', 'network interface'], ['0000:07:00.1', 'gpu'], ['0000:08:00.1', undefined]]);
  });

  it('arguments for QEMU, whatever the prefix of their namespace', () => {
    const text = domain('', `<vcpu>1</vcpu></domain>`).replace(/<\/domain>[^]*/, `<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>
<q:arg value='-device'/>
<q:arg value='vfio-pci,host=01:00.0,x-vga=on'/>
<q:arg value='-device'/><q:arg value='{&quot;driver&quot;:&quot;vfio-pci&quot;,&quot;host&quot;:&quot;0000:02:00.0&quot;}'/>
<q:arg value='-device'/><q:arg value='ivshmem-plain,host=03:00.0'/>
</q:commandline></domain>`);
    expect(parse(text).vms[0]!.passthroughs).toEqual([{ bdf: '0000:01:00.0', line: 4, label: undefined }, { bdf: '0000:02:00.0', line: 5, label: undefined }]);
  });

  it('domains in a row, inside a <node> or a <domstatus>, with node devices beside them', () => {
    const one = domain(hostdev('0x03'));
    const two = one.replace('<name>a', '<name>b');
    const device = `<device><name>pci_0000_02_10_7</name><capability type='pci'><domain>0</domain><bus>2</bus><slot>16</slot><function>7</function><product id='0x10ca'>82576 Virtual Function</product></capability></device>`;
    const { vms, nodeDevices, reasons } = parse(`<node>${one}${two}${device}</node>\n<domstatus state='running'>${one}</domstatus>`);
    expect(vms.map(({ name }) => name)).toEqual(['a', 'b', 'a']);
    expect(nodeDevices).toMatchObject([{ bdf: '0000:02:10.7', product: '82576 Virtual Function' }]);
    expect(reasons).toEqual(['9: the node device "pci_0000_02_10_7" describes 0000:02:10.7 of the host and names no VM']);
  });

  it('a fragment for attach-device', () => {
    const { vms, fragments, reasons } = parse(hostdev('0x06'));
    expect(vms).toEqual([]);
    expect(fragments).toEqual([{ bdf: '0000:06:00.1', line: 1, label: undefined }]);
    expect(reasons).toEqual(['1: a <hostdev> outside of any domain, as for "virsh attach-device", names no VM for 0000:06:00.1']);
  });
});

describe('parseLibvirt: what is left out, each with its line', () => {
  it.each([
    [`<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='53764d0e'/></source></hostdev>`, 'the mediated device "53764d0e" has no PCI address of its own and is left out'],
    [`<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/></source></hostdev>`, 'a <hostdev> of type "usb" has no PCI interrupt vectors and is left out'],
    [`<hostdev mode='subsystem'/>`, 'a <hostdev> without a type is left out'],
    [`<hostdev type='pci'><driver name='xen'/><source>${address('0x01')}</source></hostdev>`, 'a <hostdev> with driver "xen" does not go through VFIO and is left out'],
    [`<hostdev type='pci'><source/></hostdev>`, 'a <hostdev> (line 4) is left out: it has no <source> with an <address>'],
    [`<hostdev type='pci'><source><address domain='0' slot='0'/></source></hostdev>`, 'a <hostdev> (line 4) is left out: its PCI address has no bus'],
    [`<hostdev type='pci'><source><address bus='0x100' slot='0'/></source></hostdev>`, 'a <hostdev> (line 4) is left out: the bus "0x100" of its PCI address is no number from 0 to 0xff'],
    [`<hostdev type='pci'><source><address bus='0x1g' slot='0'/></source></hostdev>`, 'a <hostdev> (line 4) is left out: the bus "0x1g" of its PCI address is no number from 0 to 0xff'],
    [`<hostdev type='pci'><source><address xomain='0x1' bus='0x01' slot='0' function='0'/></source></hostdev>`, 'a <hostdev> (line 4) is left out: its PCI address has an unknown attribute "xomain"'],
    [`<vcpupin vcpu='0' cpuset='3-1'/>`, 'a <vcpupin> is left out: vcpu "0", cpuset "3-1"'],
    [`<commandline><arg value='-device'/><arg value='vfio-pci,sysfsdev=/sys/bus/mdev/devices/5376'/></commandline>`, '-device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/5376" is left out: sysfsdev= names a mediated device, which has no PCI address of its own'],
  ])('%s', (device, reason) => {
    const { vms, reasons } = parse(domain(device));
    expect(vms[0]!.passthroughs).toEqual([]);
    expect(reasons).toEqual([`4: ${reason}`]);
  });

  it('a missing name or count of vCPUs', () => {
    const { vms, reasons } = parse('<domain>\n<uuid>u</uuid>\n</domain>');
    expect(vms[0]).toMatchObject({ name: 'a-1', vcpus: undefined });
    expect(reasons).toEqual(['1: the domain has no name; it is called "a-1"', '1: the domain has no <vcpu>; how many vCPUs it has is not known']);
    expect(parse(domain('', '<vcpu>many</vcpu>')).reasons).toEqual(['2: <vcpu> holds "many", no number from 1 to 8192']);
  });

  it('XML of something else, and XML that the parser refuses', () => {
    expect(parse('<network><name>default</name></network>').reasons).toEqual(['0: the XML holds no domain, no PCI hostdev and no PCI node device']);
    expect(parse(domain('<__proto__/>')).reasons[0]).toMatch(/^0: the XML cannot be read: .*__proto__/);
  });
});

describe('parseLibvirt: damage', () => {
  it('a hostdev that lost its end tag does not take the next one along', () => {
    expect(bdfs(domain(`${hostdev('0x03').replace('</hostdev>', '')}\n${hostdev('0x04')}`))).toEqual(['0000:03:00.1', '0000:04:00.1']);
  });

  it('a domain that lost its end tag does not take the next one along', () => {
    const one = domain(hostdev('0x03')).replace('</domain>', '');
    const { vms } = parse(`<node>${one}${domain(hostdev('0x04')).replace('<name>a', '<name>b')}</node>`);
    expect(vms.map(({ name, passthroughs }) => [name, passthroughs.map(({ bdf }) => bdf)])).toEqual([['a', ['0000:03:00.1']], ['b', ['0000:04:00.1']]]);
  });

  it('half an address never counts as a whole one', () => {
    const text = domain(hostdev('0x03'));
    const from = text.indexOf('<address');
    for (let at = from; at < text.indexOf('/>', from) + 2; at += 1) expect(bdfs(text.slice(0, at))).toEqual([]);
    for (let at = from; at < text.indexOf('/>', from); at += 1) {
      const broken = bdfs(`${text.slice(0, at)}"${text.slice(at)}`);
      if (broken.length > 0) expect(broken).toEqual(['0000:03:00.1']);
    }
  });

  it.each(exampleSources('.xml'))('$name without any one line loses at most what that line belongs to', ({ text }) => {
    const lines = text.split('\n');
    const whole = bdfs(text);
    expect(whole.length).toBeGreaterThanOrEqual(2);
    for (const at of lines.keys()) {
      const left = bdfs(lines.toSpliced(at, 1).join('\n'));
      expect(whole).toEqual(expect.arrayContaining(left));
      expect(left.length).toBeGreaterThanOrEqual(whole.length - 1);
    }
  });

  it.each(exampleSources('.xml'))('$name cut at any place keeps all whole hostdevs before the cut', ({ text }) => {
    const ends = Array.from(text.matchAll(/<(hostdev|interface type='hostdev')[^]*?<\/(hostdev|interface)>/g), ({ index, 0: all }) => index + all.length);
    const whole = bdfs(text);
    for (let at = 0; at <= text.length; at += 23) {
      const left = bdfs(text.slice(0, at));
      expect(whole).toEqual(expect.arrayContaining(left));
      expect(left.length).toBeGreaterThanOrEqual(ends.filter((end) => end <= at).length);
    }
  });

  it.each(exampleSources('.xml'))('$name damaged at random is read without an error', ({ text }) => {
    fc.assert(fc.property(damaged(text), (broken) => {
      expect(parse(broken).vms.length).toBeLessThanOrEqual(2);
    }), { numRuns: 60 });
  });
});

describe('parseLibvirt: hostile input is bounded', () => {
  it('entities that would grow without bound', () => {
    const entities = Array.from({ length: 30 }, (_, at) => `<!ENTITY e${at + 1} "&e${at};&e${at};&e${at};">`).join('');
    const { vms, reasons } = parse(`<!DOCTYPE d [<!ENTITY e0 "boom">${entities}]>${domain('', '<title>&e30;</title><vcpu>1</vcpu>')}`);
    expect(vms).toHaveLength(1);
    expect(reasons[0]).toMatch(/is a DOCTYPE, which libvirt never writes/);
  });

  it('many of the entities that XML itself has', () => {
    expect(parse(domain('', `<vcpu>1</vcpu><title>${'&quot;&amp;'.repeat(20_000)}</title>`)).vms).toHaveLength(1);
  });

  it('more text than is read', () => {
    const { vms, reasons } = parse(`${domain(hostdev('0x03'))}<!--${' '.repeat(MAX_MARKUP_CHARACTERS)}-->`);
    expect(vms[0]!.passthroughs).toHaveLength(1);
    expect(reasons[0]).toMatch(/^5: the source holds \d+ characters, more than the 8388608 that are read/);
  });

  it('pins that list thousands of CPUs each', () => {
    const pins = "<vcpupin vcpu='0' cpuset='0-8191'/>".repeat(100);
    const { vms, reasons } = parse(`${domain('', `<vcpu>1</vcpu>${pins}`)}${domain('', `<vcpu>1</vcpu>${pins}`)}`);
    expect(vms.map((vm) => vm.pins.length)).toEqual([100, 28]);
    expect(reasons.filter((reason) => reason.endsWith('a <vcpupin> is left out: those before it list all of the 1048576 CPUs that are read of one source'))).toHaveLength(72);
  });

  it('names of half a million characters take no long time', () => {
    const name = 'a'.repeat(500_000);
    const startedMs = performance.now();
    parse(`<${name} b="1"/><b ${name}="1"/><domain><name>a</name></domain>`);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('10,000 open tags, unclosed quotes and half comments take no long time', () => {
    for (const part of ['<a>', '<a b="', '<!--', '<!DOCTYPE ', '<![CDATA[', '<a ', '</', '<hostdev type="pci">', "<vcpupin vcpu='0' cpuset='0-8191'/>"]) {
      const startedMs = performance.now();
      parse(part.repeat(10_000));
      parse(`<domain><name>a</name>${part.repeat(10_000)}`);
      expect(performance.now() - startedMs).toBeLessThan(5_000);
    }
  });
});
