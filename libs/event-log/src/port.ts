import type { EventKind, LogEvent, NewEvent } from '@irqmesh/domain';

/** One event to append. */
export interface AppendRequest {
  readonly event: NewEvent;
  /**
   * The sequence that the last event of this token and kind must have, 0 for none: optimistic concurrency.
   * Every event but a note carries one.
   */
  readonly expectedLastSequence?: number | undefined;
}

/**
 * How an append ended.
 * - `appended`: stored under `sequence`. With `duplicate`, the log already held a message with this id, and it need not
 *   be *this* event: read the one stored at `sequence`.
 * - `conflict`: another event of this token and kind came first; nothing was stored. Fold on and decide again.
 */
export type AppendResult =
  | { readonly kind: 'appended'; readonly sequence: number; readonly duplicate: boolean }
  | { readonly kind: 'conflict' };

/** No answer from the log, or no connection: the event may or may not be stored. Trying again with the same id is safe. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
}

/** The log is not what it was: another stream of the same name, or one that ends before what was read from it. */
export class LogLostDataError extends Error {
  override readonly name = 'LogLostDataError';
}

/** What tells one incarnation of a log from another, and where it ends. */
export interface LogIdentity {
  /** When the stream was made, in milliseconds since 1970. */
  readonly createdMs: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** Where a reader stands, kept beside what it folded. */
export interface Checkpoint {
  readonly createdMs: number;
  /** The last sequence folded; 0 for none. */
  readonly sequence: number;
  /** The id of the event at that sequence; empty for none. */
  readonly eventId: string;
}

/** What a reader of the log wants to hear. The methods are called one at a time, in the order of the log. */
export interface LogReader {
  onEvent(event: LogEvent): void;
  /** All that was in the log when reading began (or went on after an interruption) has been delivered. */
  onCaughtUp(): void;
  /** A message that could not be decoded or a log that lost data: reading has ended. */
  onEnd(error: Error): void;
}

export interface LogSubscription {
  /** Stops reading; nothing is delivered once this has resolved. May be called more than once. */
  close(): Promise<void>;
}

/** The log that everything is decided by: one order over all partitions, append-only. */
export interface EventLog {
  /** How many partitions the tokens are spread over; fixed for a log's life. */
  readonly partitions: number;
  identity(): Promise<LogIdentity>;
  /** @throws LogUnavailableError when it is unknown whether the event was stored. */
  append(request: AppendRequest): Promise<AppendResult>;
  /** The event at a sequence, undefined where there is none. */
  read(sequence: number): Promise<LogEvent | undefined>;
  /**
   * The last sequence of a token, of one kind or of all, 0 for none; as the leader knows it after this call, never
   * from a follower.
   */
  leaderLastSequence(token: string, kind?: EventKind): Promise<number>;
  /** The events of one token with sequences from `fromSequence`, in order, at most `limit` (1 to 10,000). */
  readToken(token: string, options: { readonly fromSequence: number; readonly limit: number }): Promise<LogEvent[]>;
  /**
   * Reads every event after a checkpoint, then goes on with new ones. Survives reconnects; checks at the start and at
   * each reconnect that the log still holds what was read, and ends with LogLostDataError when it does not.
   * @throws LogLostDataError when the checkpoint does not fit the log at the start.
   */
  subscribe(after: Checkpoint, reader: LogReader): Promise<LogSubscription>;
  /** Ends all reading and waits for appends under way. */
  close(): Promise<void>;
}

/** Before the first event of any log: accepted by every log, whenever it was made. */
export const START: Checkpoint = { createdMs: 0, sequence: 0, eventId: '' };
