import type { Callback, CallbackSet, LogEvent, Side } from '@irqmesh/domain';

/**
 * What was seen of a run from outside: the clients' calls, the callbacks they were given, what became of their
 * sessions, and the log. The simulator and the chaos run write the same history, and the same checkers judge it.
 */
export interface History {
  readonly calls: readonly ClientCall[];
  readonly callbacks: readonly CallbackCall[];
  readonly turns: readonly ClientTurn[];
  /** The whole log, in its order. */
  readonly log: readonly StoredEvent[];
  /**
   * Whether the network may have delivered a client's request twice, which NATS does not. A late copy of a register that
   * was refused can then be appended after all; its agent disowns it.
   */
  readonly requestsRepeated: boolean;
  /** Whether the run may reach a limit of the services; only then may a register be refused with -12. */
  readonly limitsInReach?: boolean | undefined;
  /** What is known of durations; where it is absent, none is checked. */
  readonly timing?: Timing | undefined;
}

/** How long things may take, in real time. */
export interface Timing {
  /** By how much what takes a given time may be seen to differ from it: timers are late, clocks differ in rate. */
  readonly slackMs: number;
  /** By host: how long a register or unregister lasts until its caller is told -110. */
  readonly requestTimeoutMs: Readonly<Record<string, number>>;
  /**
   * How long after a request was given up it may still be stored: the life of an attempt that was under way, the
   * clocks' difference between hosts, and the longest that an append may be on its way to the log. Absent where that has
   * no bound.
   */
  readonly storedLateMs?: number | undefined;
}

/**
 * A point on one real timeline that all observers of a run share, whatever their own clocks say, in microseconds since
 * any start. Fractions keep apart what followed one another at one time; two things at the same moment are concurrent.
 */
export type Moment = number;

/** How long it is from one moment to another. */
export function msBetween(from: Moment, to: Moment): number {
  return (to - from) / 1_000;
}

/**
 * One run of an agent's process, such as `host-a#2`: with its end, everything in it has ended without a trace.
 */
export type Incarnation = string;

/** One register or unregister of the SDK, from the call to its promise's end. */
export interface ClientCall {
  /** The order of the calls over the whole run, from 1. */
  readonly id: number;
  readonly agent: Incarnation;
  readonly host: string;
  readonly side: Side;
  /** The participant's id, without host and session. */
  readonly participant: string;
  readonly token: string;
  readonly verb: 'register' | 'unregister';
  /** The call whose registration an unregister ends; undefined for a register. */
  readonly ends?: number | undefined;
  /** Of a register: what it supplied. */
  readonly supplied?: CallbackSet | undefined;
  /** Of a register: the quiesce group of its agent that it named, if any. */
  readonly group?: string | undefined;
  readonly calledAt: Moment;
  /** Undefined while it has not ended: the agent was killed, or the run was over first. */
  readonly returnedAt?: Moment | undefined;
  /** 0, or the errno that it was rejected with, -110 for a caller that gave up waiting. Set with `returnedAt`. */
  readonly result?: number | undefined;
  /**
   * With result 0: the session and the request id of the registration that was made, or ended, as its event in the log
   * carries them. An unregister that began before its register had returned has none; those of `ends` count.
   */
  readonly session?: string | undefined;
  readonly requestId?: string | undefined;
}

/** One run of one callback, as the callback itself saw it. */
export interface CallbackCall {
  readonly agent: Incarnation;
  readonly host: string;
  readonly side: Side;
  readonly participant: string;
  readonly token: string;
  /** The register call whose registration (or a restored one that follows it) the callback belongs to. */
  readonly call: number;
  readonly callback: Callback;
  /** The operation that the peer argument names. A teardown or rollback runs under the operation that it undoes. */
  readonly operationSequence: number;
  readonly calledAt: Moment;
  /** Undefined for one that never returned. */
  readonly returnedAt?: Moment | undefined;
  /** What it returned; set with `returnedAt`. The agent may have answered -110 for it before. */
  readonly result?: number | undefined;
}

/** What an agent was told of its session and registrations, or what befell it. */
export type ClientTurn = { readonly agent: Incarnation; readonly host: string; readonly at: Moment } & (
  | { readonly kind: 'opened'; readonly session: string }
  /** From here on nothing of the session is called any more, but for its teardown. */
  | { readonly kind: 'lost'; readonly session: string }
  /** A registry gave notice that the session is to be expired although it renews: it left invokes unanswered. */
  | { readonly kind: 'evicted'; readonly session: string }
  /** The process stands still for a while; it cannot keep the time limits of its lease. */
  | { readonly kind: 'paused' }
  /** The process was killed: no call of it returns any more, no callback runs. */
  | { readonly kind: 'killed' }
  /** A registration is over without an unregister; with `restoring` the SDK registers it again by itself. */
  | { readonly kind: 'registration_lost'; readonly side: Side; readonly participant: string; readonly token: string; readonly restoring: boolean }
  | { readonly kind: 'registration_restored'; readonly side: Side; readonly participant: string; readonly token: string }
);

/** An event of the log, and when it was stored, where the run could see that. */
export interface StoredEvent {
  readonly event: LogEvent;
  /** When it was stored; the latest moment at which that can have been, where `storedFrom` is set. */
  readonly storedAt?: Moment | undefined;
  /** The earliest moment at which it can have been stored, where the run knows only a span. */
  readonly storedFrom?: Moment | undefined;
}

/** The earliest moment at which an event can have been stored; undefined where nothing is known. */
export function earliest({ storedAt, storedFrom }: StoredEvent): Moment | undefined {
  return storedFrom ?? storedAt;
}

/** Something that must never happen, and did. */
export interface Violation {
  readonly checker: 'callbacks' | 'model' | 'linearizability' | 'durability' | 'convergence';
  /** One sentence for people: what was seen, and what should have been. */
  readonly sentence: string;
  /** The token that it is about, where it is about one. */
  readonly token?: string | undefined;
  /** Sequences of the events that it is about. */
  readonly sequences: readonly number[];
  /** When what it is about happened, where that is not when the last of those events was stored. */
  readonly at?: Moment | undefined;
}
