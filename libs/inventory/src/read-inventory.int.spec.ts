import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_FILE_BYTES, MAX_FILES, readHostInventory } from './read-inventory.ts';
import { hostNameOf, scanThisMachine } from './scan-this-machine.ts';

const DUMP = '           CPU0\n 30:          1   PCI-MSI 2097152-edge      vfio-msix[0](0000:04:00.0)\n';
const DOMAIN = "<domain><name>a</name><vcpu>1</vcpu><devices><hostdev type='pci'><source><address bus='0x04' slot='0'/></source></hostdev></devices></domain>\n";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'irqmesh-inventory-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Uint8Array): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe('readHostInventory', () => {
  it('reads the files of a folder, and says what in it is left out', async () => {
    file('interrupts.txt', DUMP);
    file('a.xml', DOMAIN);
    file('.hidden', 'x');
    file('image.qcow2', new Uint8Array([81, 70, 73, 0xfb, 0, 0]));
    mkdirSync(join(folder, 'networks'));
    symlinkSync(join(folder, 'gone'), join(folder, 'dangling'));
    const { host, warnings } = await readHostInventory('h', [folder]);
    expect(host.devices).toMatchObject([{ bdf: '0000:04:00.0', vm: 'a', vectors: [{ hostIrq: 30 }] }]);
    expect(warnings.map(({ source, level, reason }) => [source.slice(folder.length + 1), level, reason.replaceAll(folder, '.')])).toEqual([
      ['dangling', 'warning', 'left out: -2 (ENOENT): ./dangling does not exist'],
      ['image.qcow2', 'warning', 'left out: -22 (EINVAL): ./image.qcow2 is a binary file; an inventory is text'],
      ['networks', 'notice', 'left out: it is a folder in a folder'],
    ]);
  });

  it('reads single files', async () => {
    const { host } = await readHostInventory('h', [file('i', DUMP), file('a.xml', DOMAIN)]);
    expect(host.vms.map(({ name }) => name)).toEqual(['a']);
  });

  it.each([
    ['nothing', () => [], '-22 (EINVAL): no file or folder is given'],
    ['a missing file', () => [join(folder, 'no')], '-2 (ENOENT): ./no does not exist'],
    ['a path through a file', () => [join(file('i', DUMP), 'x')], '-2 (ENOENT): ./i/x does not exist'],
    ['an empty folder', () => [folder], '-22 (EINVAL): the folder . holds no text file that can be read'],
    ['a binary file', () => [file('b', new Uint8Array([0, 1]))], '-22 (EINVAL): ./b is a binary file; an inventory is text'],
    ['a device', () => ['/dev/zero'], '-22 (EINVAL): /dev/zero is neither a file nor a folder'],
    ['an unknown file', () => [file('notes.md', 'hello')], '-22 (EINVAL): no inventory for h: ./notes.md: it is documentation, but none of /proc/interrupts, libvirt XML or a QEMU command line'],
    ['unknown files', () => [file('a', 'hello'), file('b', 'hello')], '-22 (EINVAL): no inventory for h: none of the 2 files is /proc/interrupts, libvirt XML or a QEMU command line'],
  ])('refuses %s', async (_what, paths, message) => {
    const error = await readHostInventory('h', paths()).catch((reason: unknown) => reason as Error);
    expect((error as Error).message.replaceAll(folder, '.')).toBe(message);
  });

  it('refuses a file that is too large, by its content and not its size', async () => {
    const path = file('i', DUMP);
    truncateSync(path, MAX_FILE_BYTES + 1);
    await expect(readHostInventory('h', [path])).rejects.toThrow(`-90 (EMSGSIZE): ${path} is too large: a file may hold ${MAX_FILE_BYTES} bytes`);
  });

  it('refuses more files than it reads', async () => {
    for (let at = 0; at <= MAX_FILES; at += 1) file(`${at}.txt`, DUMP);
    await expect(readHostInventory('h', [folder])).rejects.toThrow('-90 (EMSGSIZE)');
  });
});

describe('scanThisMachine', () => {
  it('reads a machine, and says what it could not read', async () => {
    const { host, warnings } = await scanThisMachine({ hostname: 'kvm7.example.org', interrupts: file('interrupts', DUMP), domains: join(folder, 'qemu') });
    expect(host).toMatchObject({ name: 'kvm7', devices: [{ bdf: '0000:04:00.0', vm: 'vm-0000-04-00.0' }] });
    expect(warnings[0]).toEqual({ source: join(folder, 'qemu'), line: 0, level: 'warning', reason: `not read: -2 (ENOENT): ${join(folder, 'qemu')} does not exist` });
  });

  it('reads this one, whatever it has', async () => {
    const { host } = await scanThisMachine();
    expect(host.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
  });

  it.each([['kvm7.example.org', 'kvm7'], ['Jürgens Rechner', 'J-rgens-Rechner'], ['-_x', 'x'], ['...', 'host'], ['a'.repeat(80), 'a'.repeat(64)]])('makes a host name of %s', (text, name) => {
    expect(hostNameOf(text)).toBe(name);
  });
});
