import { describe, expect, it } from '@jest/globals';
import { callbackSet, CALLBACKS, lacksRequiredCallbacks } from './callbacks.ts';
import type { Callback } from './callbacks.ts';
import { SIDES } from './participant.ts';

describe('callbackSet', () => {
  it("orders by the kernel's struct, drops repeats and the other side's names", () => {
    expect(callbackSet('producer', ['add_consumer', 'start', 'stop', 'start', 'add_producer'])).toEqual(['stop', 'start', 'add_consumer']);
    expect(callbackSet('consumer', ['del_producer', 'del_consumer'])).toEqual(['del_producer']);
  });

  it.each(SIDES)('has one frozen set for each of the 16 choices of a %s', (side) => {
    const sets = new Set<readonly Callback[]>();
    for (let mask = 0; mask < 16; mask++) {
      const names = CALLBACKS[side].filter((_name, bit) => (mask & (1 << bit)) !== 0);
      const set = callbackSet(side, names);
      expect(set).toEqual(names);
      expect(callbackSet(side, names.toReversed())).toBe(set);
      expect(Object.isFrozen(set)).toBe(true);
      sets.add(set);
    }
    expect(sets.size).toBe(16);
  });
});

describe('lacksRequiredCallbacks', () => {
  it('asks add_producer and del_producer of a consumer, nothing of a producer', () => {
    expect(lacksRequiredCallbacks('producer', [])).toBe(false);
    expect(lacksRequiredCallbacks('consumer', ['add_producer', 'del_producer'])).toBe(false);
    expect(lacksRequiredCallbacks('consumer', ['stop', 'start', 'add_producer'])).toBe(true);
    expect(lacksRequiredCallbacks('consumer', ['stop', 'start', 'del_producer'])).toBe(true);
  });
});
