import { describe, expect, it } from '@jest/globals';
import { DEFAULT_SESSION_TTL_MS, leaseTerms } from './lease.ts';

describe('leaseTerms', () => {
  it('are 1 s, 4 s, 5.5 s and 5 s for the usual 10 s', () => {
    expect(leaseTerms(DEFAULT_SESSION_TTL_MS)).toEqual({ ttlMs: 10_000, renewEveryMs: 1_000, fenceAfterMs: 4_000, maxDeadlineMs: 5_500, defaultDeadlineMs: 5_000 });
  });

  it.each([100, 333, 1_000, 2_999, 3_000, 10_000, 60_000, 3_600_000])('rule 4: with %i ms an agent is fenced and its last callback over before anyone may expire it', (ttlMs) => {
    const { renewEveryMs, fenceAfterMs, maxDeadlineMs, defaultDeadlineMs } = leaseTerms(ttlMs);
    expect(fenceAfterMs + maxDeadlineMs).toBeLessThan(ttlMs);
    expect(defaultDeadlineMs).toBeLessThanOrEqual(maxDeadlineMs);
    // Two renewals may be lost before the agent gives up.
    expect(3 * renewEveryMs).toBeLessThan(fenceAfterMs);
    expect(renewEveryMs).toBeGreaterThan(0);
  });
});
