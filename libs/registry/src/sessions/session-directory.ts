import type { HoldingsDigest } from '@irqmesh/domain';

/** One session of one host's agent. */
export interface SessionName {
  readonly host: string;
  readonly session: string;
}

/** What a session's agent last said of itself. */
export interface SessionState extends SessionName {
  /** The session of the same host that this one takes the place of. */
  readonly replaces?: string | undefined;
  readonly holdings: { readonly producer: HoldingsDigest; readonly consumer: HoldingsDigest };
}

export interface SessionListener {
  /** A session was opened or renewed. */
  onRenewed(state: SessionState): void;
  /** A session's key is gone: it ran out, or its agent closed it. */
  onGone(session: SessionName): void;
  /** Somebody found that the session renews but does not answer: its registrations are to be expired. */
  onEviction(session: SessionName): void;
}

/** The sessions' leases, as the key-value bucket has them. */
export interface SessionDirectory {
  /** Begins to watch; resolves once what stands in the bucket now has been told to the listener. */
  start(listener: SessionListener): Promise<void>;
  /**
   * The session's state as the bucket's leader has it now; undefined when it is gone. In a cluster, a server that was
   * replaced as the leader may answer with what stood before: `fence` makes sure.
   */
  lookUp(session: SessionName): Promise<SessionState | undefined>;
  /**
   * Sees to it that a session that seems to be gone is, by a write that a majority has to take: its agent can renew it
   * no more. False where it stands after all, or somebody else is at it.
   */
  fence(session: SessionName): Promise<boolean>;
  /** Makes it known to both registries that the session is to be expired. */
  markForEviction(session: SessionName): Promise<void>;
  /** Takes the session's lease away, which is how its agent learns of it. */
  remove(session: SessionName): Promise<void>;
  close(): Promise<void>;
}
