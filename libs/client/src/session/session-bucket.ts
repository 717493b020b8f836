/** A key's value and the revision that an update of it must name. */
export interface SessionEntry {
  readonly value: string;
  readonly revision: number;
}

/**
 * The key-value bucket that holds the sessions' leases. A key that is not written again within `ttlMs` is gone.
 * A method that rejects leaves it open whether it had its effect: the answer is lost, not the write.
 */
export interface SessionBucket {
  /** How long a key lives after it was last written, in milliseconds. */
  readonly ttlMs: number;
  /** Writes a key that is not there; its revision, or undefined when it is there. */
  create(key: string, value: string): Promise<number | undefined>;
  /**
   * Writes a key that has this revision; its new one, or undefined when the key is gone or was written since. Never
   * brings a key back to life that ran out.
   * @param timeoutMs how long to wait for the answer.
   */
  update(key: string, value: string, revision: number, timeoutMs: number): Promise<number | undefined>;
  /** The key as the bucket's leader has it after this call. */
  get(key: string): Promise<SessionEntry | undefined>;
  /** Removes a key if it has this revision still. */
  remove(key: string, revision: number): Promise<void>;
}
