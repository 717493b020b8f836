import { expect, test } from '@jest/globals';
import { eventKind } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import { anyActions, ModelWorld } from '@irqmesh/domain/testing';
import fc from 'fast-check';
import { causeOf } from '../../test-support/log-writer.ts';
import type { LogEntry } from './entry.ts';
import { LogVerifier } from './log-verifier.ts';

/** What the model's world wrote, as a stream would have stored it. */
function entriesOf(log: readonly LogEvent[]): LogEntry[] {
  const last = new Map<string, number>();
  return log.map((event) => {
    const subject = `${eventKind(event.body.type)} ${event.token}`;
    const expectedLastSequence = last.get(subject) ?? 0;
    last.set(subject, event.sequence);
    return { sequence: event.sequence, event, expectedLastSequence, checksum: 'absent', contradiction: undefined };
  });
}

test('two matchers that race, crashes, fences and expiries leave a sound log, void outcomes included', () => {
  let voidOutcomes = 0;
  fc.assert(
    fc.property(anyActions, (all) => {
      // Its notes tell nothing true.
      const world = new ModelWorld();
      for (const action of all) if (action.do !== 'note') world.perform(action);
      world.drain();
      const verifier = new LogVerifier();
      const log = world.log.map((event) => ({ ...event, causationId: causeOf(event.body) }));
      for (const entry of entriesOf(log)) expect(verifier.add(entry)).toBeUndefined();
      const summary = verifier.finish();
      expect(summary).toMatchObject({ openOperations: 0, notChecked: 0 });
      voidOutcomes += summary.voidOutcomes;
    }),
    { numRuns: 300 },
  );
  // Or the property held for want of trying.
  expect(voidOutcomes).toBeGreaterThan(0);
});
