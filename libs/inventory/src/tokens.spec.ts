import { describe, expect, it } from '@jest/globals';
import { buildHost } from './host/build-host.ts';
import { eventfdToken, FIRST_EVENTFD, vectorTokens } from './tokens.ts';

const text = `           CPU0
 16:          1   IO-APIC  16-fasteoi   vfio-intx(0000:00:1a.0)
 31:          1   PCI-MSI 2097153-edge      vfio-msix[1](0000:04:00.0)
 30:          1   PCI-MSI 2097152-edge      vfio-msix[0](0000:04:00.0)
 37:          1   PCI-MSI 512000-edge      vfio-msi[0](0000:00:1f.2)
`;

describe('tokens', () => {
  it('carry host and boot, so that those of two hosts or boots never meet', () => {
    expect(eventfdToken('host-a', 1, 42)).toBe('host-a/boot-1/eventfd-42');
    expect(() => eventfdToken('host/a', 1, 42)).toThrow('-22 (EINVAL)');
  });

  it('are the same for the same inventory, in the order of devices and vectors, and leave INTx out', () => {
    const { host } = buildHost({ name: 'a', sources: [{ name: 'i', text }] });
    expect(host.devices).toHaveLength(3);
    const tokens = vectorTokens(host, 2);
    expect(tokens.map(({ bdf, vector, eventfd, token }) => [bdf, vector.index, eventfd - FIRST_EVENTFD, token])).toEqual([
      ['0000:00:1f.2', 0, 0, 'a/boot-2/eventfd-32'],
      ['0000:04:00.0', 0, 1, 'a/boot-2/eventfd-33'],
      ['0000:04:00.0', 1, 2, 'a/boot-2/eventfd-34'],
    ]);
    expect(vectorTokens(host, 2)).toEqual(tokens);
  });
});
