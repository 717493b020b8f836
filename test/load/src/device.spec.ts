import { IrqBypassError } from '@irqmesh/domain';
import { describe, expect, test } from '@jest/globals';
import { Device } from './device.ts';
import type { CallbackOwner } from './device.ts';
import { SeededRandom } from './seeded-random.ts';

const OWNER: CallbackOwner = { call: 1, token: 't', side: 'producer', participant: 'P', callback: 'add_consumer', deadlineMs: 1_000, group: undefined };
const PEER = { participant: { host: 'h', session: 's', id: 'C' }, token: 't', operationSequence: 3 };

/** How each of many callbacks ended: as its caller saw it, and as it was written down. */
async function endings(owner: CallbackOwner, failing: boolean) {
  const recorded: number[] = [];
  const device = new Device({
    host: 'h',
    life: { name: 'h#1', isAlive: true },
    clock: { nowMs: () => 0, monotonicMs: () => 0, after: (_, run) => (run(), { cancel: () => {} }) },
    random: new SeededRandom('device'),
    faults: { strikes: (fault) => failing && fault === 'callback_failed' },
    recorder: {
      called: (call) => ({ ...call, id: 1, calledAt: 0 }),
      returned: () => {},
      callbackBegan: (callback) => ({ ...callback, calledAt: 0 }),
      callbackEnded: (_, result) => void recorded.push(result),
    },
    trace: () => {},
    crash: () => {},
  });
  const seen: (number | Error)[] = [];
  for (let run = 0; run < 400; run++) {
    try {
      seen.push(await device.run(owner, PEER));
    } catch (error) {
      seen.push(error as Error);
    }
  }
  return { recorded, seen };
}

describe('a device', () => {
  test('whose callbacks fail returns numbers of all kinds, throws an errno, and throws', async () => {
    const { recorded, seen } = await endings(OWNER, true);
    expect(recorded).not.toContain(0);
    expect(new Set(seen.filter((end) => typeof end === 'number'))).toEqual(new Set([-2, -5, -11, -12, -16, -19, -22, -71, -110, 1, 66_311, 2_147_483_647]));
    for (const [index, end] of seen.entries()) expect(recorded[index]).toBe(typeof end === 'number' ? end : end instanceof IrqBypassError ? end.errno : -5);
    expect(seen.some((end) => end instanceof IrqBypassError)).toBe(true);
    expect(seen.some((end) => end instanceof Error && !(end instanceof IrqBypassError))).toBe(true);
  });

  test('lets a stop fail more seldom, and nothing when nothing is to fail', async () => {
    const { recorded } = await endings({ ...OWNER, callback: 'stop' }, true);
    const failed = recorded.filter((result) => result !== 0).length;
    expect(failed).toBeGreaterThan(10);
    expect(failed).toBeLessThan(100);
    expect((await endings(OWNER, false)).recorded.every((result) => result === 0)).toBe(true);
  });
});
