import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readHostInventory } from '@irqmesh/inventory';
import type { HostInventory } from '@irqmesh/inventory';
import { planScenario } from './scenario.ts';
import { announce, outcome } from './sentences.ts';

/** A host with a device of so many vectors for each VM. */
function host(name: string, vms: readonly number[]): HostInventory {
  const bdf = (at: number): string => `0000:0${at}:00.0`;
  return {
    name,
    cpus: [0, 1],
    devices: vms.map((vectors, at) => ({
      bdf: bdf(at),
      label: 'nvme',
      vm: `vm-${at}`,
      vectors: Array.from({ length: vectors }, (_, index) => ({ index, hostIrq: 100 + index, kind: 'msix' as const, counts: [0, 0], total: 0 })),
    })),
    vms: vms.map((_, at) => ({ name: `vm-${at}`, pins: [], devices: [bdf(at)], synthesized: false })),
  };
}

function kinds(hosts: readonly HostInventory[]): string[] {
  return planScenario(hosts).map((step) => step.kind);
}

describe('planScenario', () => {
  it('boots every VM of the examples, then plays a vector, a shutdown, a kill and a return', async () => {
    const examples = ['host-a', 'host-b'].map((name) => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url)));
    const hosts = await Promise.all(examples.map(async (path, at) => (await readHostInventory(`host-${'ab'[at]}`, [path])).host));
    const steps = planScenario(hosts);
    expect(steps.map(({ kind }) => kind)).toEqual(['boot', 'boot', 'boot', 'boot', 'mask', 'unmask', 'duplicate', 'shutdown', 'kill', 'return']);
    expect(steps.at(-2)).toEqual({ kind: 'kill', host: 'host-b', vectors: 14 });
  });

  it('plays nothing when nothing can register', () => {
    expect(planScenario([host('a', []), host('b', [0])])).toEqual([]);
  });

  it('shuts a VM down on another host than the one that is killed', () => {
    const steps = planScenario([host('a', [3]), host('b', [2])]);
    expect(steps.find(({ kind }) => kind === 'shutdown')).toMatchObject({ host: 'a', vm: 'vm-0' });
    expect(steps.find(({ kind }) => kind === 'kill')).toMatchObject({ host: 'b', vectors: 2 });
  });

  it('boots the only VM again before its host is killed, so that there are pairs to lose', () => {
    expect(kinds([host('a', [1]), host('b', [])])).toEqual(['boot', 'mask', 'unmask', 'duplicate', 'shutdown', 'boot', 'kill', 'return']);
  });

  it('kills a host without the VM that it has shut down', () => {
    const steps = planScenario([host('a', [4, 2])]);
    expect(steps.at(-1)).toEqual({ kind: 'return', host: 'a', vms: ['vm-0'], vectors: 4 });
  });

  it('boots many VMs host by host', () => {
    const steps = planScenario([host('a', [1, 1, 1]), host('b', [2, 2, 2])]);
    expect(steps.slice(0, 2)).toEqual([
      { kind: 'boot', host: 'a', vms: ['vm-0', 'vm-1', 'vm-2'], vectors: 3, again: false },
      { kind: 'boot', host: 'b', vms: ['vm-0', 'vm-1', 'vm-2'], vectors: 6, again: false },
    ]);
    expect(steps[2]!.kind).toBe('mask');
  });

  it('has a sentence and an outcome for every step', () => {
    for (const step of planScenario([host('a', [3, 2, 2, 2, 2]), host('b', [1])])) {
      expect(announce(step, 5000)).toMatch(/^\S.*\.$|again$/);
      expect(outcome(step).length).toBeLessThanOrEqual(80);
    }
  });

  it('takes 2,048 vectors', () => {
    expect(planScenario([host('a', [2048])])[0]).toMatchObject({ kind: 'boot', vectors: 2048 });
  });
});
