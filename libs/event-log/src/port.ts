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
 * - `conflict`: the last event of this token and kind is not the expected one, and this attempt stored nothing. Fold on
 *   and decide again. After an attempt whose end is unknown, the one in the way may be this very event: a replicated
 *   stream looks at the id first and says `duplicate` then, a stream with one replica (nats-server 2.15) looks at the
 *   expectation first and says `conflict`. Nothing may rest on either.
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

/** The log took the append for what it will never store: too large, or not permitted. Trying again does not help. */
export class LogRefusedError extends Error {
  override readonly name = 'LogRefusedError';
}

/**
 * What of a log's set-up does not fit the program that opens it: another number of `partitions` than was asked for, a
 * `schema` that is newer than the program, or something `other`.
 */
export type LogConfigurationProblem = 'partitions' | 'schema' | 'other';

/** The log cannot be used as the server or its stream is set up; the message says what to change. */
export class LogConfigurationError extends Error {
  override readonly name = 'LogConfigurationError';
  readonly problem: LogConfigurationProblem;

  constructor(message: string, { problem = 'other', ...options }: ErrorOptions & { readonly problem?: LogConfigurationProblem } = {}) {
    super(message, options);
    this.problem = problem;
  }
}

/** What tells one incarnation of a log from another, and where it ends. */
export interface LogIdentity {
  /** When the stream was made, in milliseconds since 1970. */
  readonly createdMs: number;
  /** The first sequence the log holds or, while it is empty, will hold. */
  readonly firstSequence: number;
  /** One less than `firstSequence` while the log is empty. */
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

/**
 * What a reader of the log wants to hear. The methods are called one at a time, in the order of the log; the first
 * events may come before `subscribe` has resolved.
 */
export interface LogReader {
  /** What it throws ends the reading with that error: a fold that failed must not go on. */
  onEvent(event: LogEvent): void;
  /** All that was in the log when reading began (or went on after an interruption) has been delivered. */
  onCaughtUp(): void;
  /**
   * Reading has ended by itself: a message could not be decoded (EventDecodeError names its sequence), the log lost
   * data, the connection was closed for good, or `onEvent` threw. Not called after `close`.
   */
  onEnd(error: Error): void;
}

export interface LogSubscription {
  /** Stops reading; nothing is delivered once this has resolved. May be called more than once. */
  close(): Promise<void>;
}

/** How many events `readToken` returns at most. */
export const MAX_TOKEN_EVENTS = 10_000;

/** The log that everything is decided by: one order over all partitions, append-only. */
export interface EventLog {
  /** How many partitions the tokens are spread over; fixed for a log's life. */
  readonly partitions: number;
  /** On how many servers the log is kept. */
  readonly replicas: number;
  identity(): Promise<LogIdentity>;
  /**
   * Appends are sent in the order of the calls; too many at once wait for their turn.
   * @throws LogUnavailableError when it is unknown whether the event was stored
   * @throws LogRefusedError when the log will never store it
   * @throws IrqBypassError -EINVAL for an event that no reader would accept
   */
  append(request: AppendRequest): Promise<AppendResult>;
  /** The event at a sequence, undefined where there is none; as the leader knows it. */
  read(sequence: number): Promise<LogEvent | undefined>;
  /**
   * The last sequence of a token, of one kind or of all, 0 for none; as the leader knows it after this call, never
   * from a follower. With several replicas, a server that stood still or was cut off may take itself for the leader
   * for a moment longer, and its answer is older then: what rests on it must be checked again by an append.
   */
  leaderLastSequence(token: string, kind?: EventKind): Promise<number>;
  /** The events of one token with sequences from `fromSequence`, in order, at most `limit` (1 to `MAX_TOKEN_EVENTS`). */
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
