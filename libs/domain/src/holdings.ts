/** The registrations of one side that somebody believes to stand, condensed so that two beliefs can be compared cheaply. */
export interface HoldingsDigest {
  readonly count: number;
  /** The exclusive or of a 32-bit hash of each registration's request id, 0 to 2^32 - 1. */
  readonly digest: number;
}

/** The digest of a set of request ids, in any order: FNV-1a (32 bit) over their characters, which are ASCII. */
export function holdingsDigest(requestIds: Iterable<string>): HoldingsDigest {
  let count = 0;
  let digest = 0;
  for (const requestId of requestIds) {
    let hash = 0x811c9dc5;
    for (let index = 0; index < requestId.length; index++) hash = Math.imul(hash ^ requestId.charCodeAt(index), 0x01000193);
    digest ^= hash;
    count += 1;
  }
  return { count, digest: digest >>> 0 };
}
