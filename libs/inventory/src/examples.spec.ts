import { describe, expect, it } from '@jest/globals';
import { readHostInventory } from './read-inventory.ts';
import { EXAMPLES } from './testing/example-files.ts';

async function summary(name: string) {
  const { host, warnings } = await readHostInventory(name, [`${EXAMPLES}/${name}`]);
  expect(warnings).toEqual([]);
  return { cpus: host.cpus.length, devices: host.devices.map(({ bdf, label, vm, vectors }) => [vm, bdf, label, `${vectors.length} ${vectors[0]!.kind}`]) };
}

describe('the example hosts', () => {
  it('host-a: names of kernels from 6.2 on', async () => {
    expect(await summary('host-a')).toEqual({
      cpus: 16,
      devices: [
        ['web-1', '0000:3b:02.1', 'vf-front', '4 msix'],
        ['render-1', '0000:3b:02.2', 'vf-storage', '4 msix'],
        ['web-1', '0000:41:00.0', 'nvme-data', '5 msix'],
        ['render-1', '0000:65:00.0', 'gpu', '1 msi'],
        ['render-1', '0000:65:00.1', 'gpu-audio', '1 msi'],
      ],
    });
  });

  it('host-b: names of older kernels', async () => {
    expect(await summary('host-b')).toEqual({
      cpus: 8,
      devices: [
        ['db-1', '0000:04:00.0', 'nvme-db', '5 msix'],
        ['db-1', '0000:06:02.0', 'vf-db', '4 msix'],
        ['edge-1', '0000:06:02.1', 'vf-edge', '4 msix'],
        ['edge-1', '0000:09:00.0', 'accel0', '1 msi'],
      ],
    });
  });
});
