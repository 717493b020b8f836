import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LogEvent } from './event.ts';
import { Fold } from './fold.ts';
import { anyActions } from './testing/any-actions.ts';
import { ModelWorld } from './testing/model-world.ts';
import { isVoid } from './token-state.ts';

/** How many pair events of each type a log holds, and how many of them are void. */
function count(log: readonly LogEvent[], totals: Record<string, number>): void {
  const fold = new Fold();
  for (const event of log) {
    const { body } = event;
    if (body.type === 'PairConnected' || body.type === 'ConnectFailed' || body.type === 'ConnectAborted' || body.type === 'PairDisconnected') {
      const name = isVoid(fold.token(event.token), body) ? 'void' : body.type;
      totals[name] = (totals[name] ?? 0) + 1;
    }
    fold.apply(event);
  }
}

describe('the protocol under racing matchers, crashes and expiries', () => {
  it('rules 2, 3, 6, 9, 11, 12: queues drain, callbacks stay well-formed, the log agrees with the hardware', () => {
    const totals: Record<string, number> = {};
    fc.assert(
      fc.property(anyActions, (all) => {
        const world = new ModelWorld();
        for (const each of all) world.perform(each);
        world.drain();
        count(world.log, totals);
      }),
      { numRuns: 500 },
    );
    // Each kind of ending was met, or the property held for want of trying.
    for (const name of ['PairConnected', 'ConnectFailed', 'ConnectAborted', 'PairDisconnected', 'void']) expect(totals[name]).toBeGreaterThan(0);
  });

  it('rule 5: once everybody has left or is expired, nothing is left anywhere', () => {
    fc.assert(
      fc.property(anyActions, (all) => {
        const world = new ModelWorld();
        for (const each of all) world.perform(each);
        world.drain();
        world.unregisterAll();
        world.drain();
        expect([...world.truth.tokens()]).toEqual([]);
        expect([...world.truth.sessionKeys()]).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
