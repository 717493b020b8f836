/** A session's time to live unless the bucket says otherwise. */
export const DEFAULT_SESSION_TTL_MS = 10_000;

/** What a session's time to live means for its agent. All derived, so that agents and registries agree. */
export interface LeaseTerms {
  readonly ttlMs: number;
  /** How often the agent renews. */
  readonly renewEveryMs: number;
  /**
   * How long after the sending of its last acknowledged renewal the agent fences itself. What is left of the time to
   * live is the margin in which a callback that runs can reach its deadline and the teardown can run.
   */
  readonly fenceAfterMs: number;
  /** The longest callback deadline a registration may ask for: below the margin. */
  readonly maxDeadlineMs: number;
  /** The deadline of a registration that names none. */
  readonly defaultDeadlineMs: number;
}

/** The terms for a time to live; with the usual 10 s: renew each second, fence after 4 s, deadlines to 5.5 s. */
export function leaseTerms(ttlMs: number): LeaseTerms {
  return {
    ttlMs,
    renewEveryMs: Math.floor(ttlMs * 0.1),
    fenceAfterMs: Math.floor(ttlMs * 0.4),
    maxDeadlineMs: Math.floor(ttlMs * 0.55),
    defaultDeadlineMs: Math.floor(ttlMs * 0.5),
  };
}
