/** A key with its value; `revision` is what an update of it must name. */
export interface BucketEntry {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

export interface BucketListener {
  onPut(entry: BucketEntry): void;
  /** The key was removed or its time to live ran out. */
  onRemoved(key: string): void;
}

export interface BucketWatch {
  /** Nothing is told once this has resolved. */
  close(): Promise<void>;
}

/** A key-value bucket whose keys vanish unless they are written again in time: what leases are made of. */
export interface Bucket {
  /** How long a key lives after it was last written. */
  readonly ttlMs: number;
  /** The key as the bucket's leader has it now. */
  get(key: string): Promise<BucketEntry | undefined>;
  /** Writes a key that is not there; its revision, or undefined if it is there. */
  create(key: string, value: string): Promise<number | undefined>;
  /** Writes a key that has this revision; its new one, or undefined if it is gone or was written since. */
  update(key: string, value: string, revision: number): Promise<number | undefined>;
  /** Writes a key, whatever it holds. */
  put(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
  /**
   * Tells of all keys that begin with `prefix.`, first those that stand; resolves once these have been told.
   * Survives reconnects.
   */
  watch(prefix: string, listener: BucketListener): Promise<BucketWatch>;
}
