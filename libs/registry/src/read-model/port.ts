import type { FoldSnapshot, ParticipantMemory, Registration, Side, TokenState } from '@irqmesh/domain';
import type { Checkpoint } from '@irqmesh/event-log';

/** What a stretch of the log changed, and where it ends. */
export interface ReadModelBatch {
  readonly checkpoint: Checkpoint;
  /** The newest state of each token that changed, at most once each; idle ones are removed from the read model. */
  readonly tokens: readonly TokenState[];
  /**
   * The newest memory of each participant that changed, at most once each, the one that changed last coming last: those
   * at rest are dropped in that order when there are too many.
   */
  readonly participants: readonly ParticipantMemory[];
}

/** What a service starts from: a fold, and where in the log it stands. */
export interface StoredFold {
  readonly checkpoint: Checkpoint;
  /** Each token's `settled` is empty: it tells of the token's last event, not of its state. */
  readonly snapshot: FoldSnapshot;
}

/** Where a registration stands; `registry.proto` has the same four. */
export type RegistrationState = 'registering' | 'waiting' | 'connected' | 'leaving';

/** A registration as queries answer it. */
export interface RegistrationRow {
  readonly token: string;
  readonly registration: Registration;
  readonly state: RegistrationState;
  /** The other side while a pair stands, which it does until a disconnect is done. */
  readonly peer?: Registration | undefined;
}

/** Which registrations to list. */
export interface RegistrationQuery {
  readonly side: Side;
  /** Only this host's; all hosts' without it. */
  readonly host?: string | undefined;
  /** Only tokens that start with this, compared byte for byte. */
  readonly tokenPrefix?: string | undefined;
  /** Only registrations with a higher sequence; 0 for all. */
  readonly afterSequence: number;
  /** How many rows at most, from 1. */
  readonly limit: number;
}

/** The read model cannot be used as it is; the message says why and what helps. */
export class ReadModelError extends Error {
  override readonly name = 'ReadModelError';
}

/**
 * What a service keeps of its fold over a restart. A cache of the log: losing it costs a longer start and nothing else.
 *
 * It does not know which log it was made from: whoever loads it compares the checkpoint with the log, and calls `reset`
 * before folding another one.
 */
export interface ReadModel {
  /** The fold as of the last batch, undefined when nothing is stored (or what was stored had to be cleared). */
  load(): Promise<StoredFold | undefined>;
  /**
   * Stores a batch and its checkpoint: all of it or, when this rejects or the process dies, nothing. One at a time.
   * @throws RangeError when the checkpoint goes back or is of another log than the one before.
   * @throws ReadModelError when the store turned out to be damaged; nothing can be written until `load` or `reset`.
   */
  write(batch: ReadModelBatch): Promise<void>;
  /** The registrations that match, by ascending sequence. */
  list(query: RegistrationQuery): Promise<RegistrationRow[]>;
  /** The newest registration of a token's side: the one that holds it, or that will when those before it have left. */
  get(side: Side, token: string): Promise<RegistrationRow | undefined>;
  /** Removes everything, checkpoint included. */
  reset(): Promise<void>;
  /** Ends the use of it. Call it once, with no write under way. */
  close(): Promise<void>;
}

/** @throws RangeError unless a batch with this checkpoint may follow what is stored. */
export function assertFollows(stored: Checkpoint | undefined, next: Checkpoint): void {
  if (stored === undefined) return;
  if (next.createdMs === stored.createdMs && next.sequence >= stored.sequence) return;
  throw new RangeError(
    `a batch up to sequence ${next.sequence} of the log made at ${next.createdMs} cannot follow ` +
      `sequence ${stored.sequence} of the log made at ${stored.createdMs}`,
  );
}
