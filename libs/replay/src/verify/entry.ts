import type { EventBody, LogEvent } from '@irqmesh/domain';

/** A message of the log with what its decoder found out about it; how it was stored stays outside. */
export type LogEntry = ReadableEntry | UnreadableEntry;

export interface ReadableEntry {
  readonly sequence: number;
  readonly event: LogEvent;
  /** What its writer expected to be the last event of its token and kind, 0 for none; undefined where it expected nothing. */
  readonly expectedLastSequence: number | undefined;
  readonly checksum: 'right' | 'wrong' | 'absent';
  /** How its subject and its headers contradict each other or the log they stand in, if they do. */
  readonly contradiction: string | undefined;
}

export interface UnreadableEntry {
  readonly sequence: number;
  /** Why it is no event. */
  readonly unreadable: string;
}

/**
 * What every log keeps to.
 * - `order`: sequences grow by one.
 * - `readable`: each message is an event.
 * - `checksum`: an event is as its writer made it.
 * - `subject`: subject, headers and token fit each other.
 * - `id`: no event is there twice.
 * - `chain`: each event but a note names the one before it of its token and kind.
 * - `causation`: an event names what caused it.
 * - `registration`: whoever registers may: the token's side is free, the participant not registered.
 * - `unregistration`: what is unregistered stands there, and was not unregistered before.
 * - `outcome`: each operation has one outcome, in its turn, for its pair.
 * - `runs`: the callbacks of an outcome are those that the operation asks for, and give its result.
 * - `note`: a note tells of what is there.
 */
export type Invariant =
  | 'order' | 'readable' | 'checksum' | 'subject' | 'id' | 'chain' | 'causation' | 'registration' | 'unregistration' | 'outcome' | 'runs' | 'note';

/** How an event breaks an invariant. */
export interface Breach {
  readonly invariant: Invariant;
  /** What is wrong with it, to follow "event 7 …:". */
  readonly sentence: string;
}

/** An event of the past, for whoever looks around it. */
export interface Mention {
  readonly sequence: number;
  readonly type: EventBody['type'];
}

/** An event that breaks an invariant. */
export interface Finding extends Breach {
  readonly sequence: number;
  /** Both undefined for a message that is no event. */
  readonly type: EventBody['type'] | undefined;
  readonly token: string | undefined;
  /** The last few events of its token before it, the oldest first. */
  readonly before: readonly Mention[];
}
