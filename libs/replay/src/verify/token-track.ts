import { emptyTokenState, eventKind, isIdle, nextOperation } from '@irqmesh/domain';
import type { EventKind, LogEvent, Side, TokenState } from '@irqmesh/domain';
import { BoundedMap } from './bounded-map.ts';
import type { Mention } from './entry.ts';

/** An operation that the log settled by a pair event. */
export interface SettledOperation {
  readonly operationSequence: number;
  /** The sequence of its outcome. */
  readonly sequence: number;
}

/**
 * What is known of a token: how it stands, and how it stood when the writers of the next events may have looked last.
 *
 * A writer's fold may lag behind the log, but never behind the last event of the kind that it writes, since it names
 * that one. So an event is judged by every state from there on: what has only come since, it need not have known.
 */
export interface TokenTrack {
  readonly state: TokenState;
  readonly last: Readonly<Record<Exclude<EventKind, 'note'>, number>>;
  /** As it stood after the last event of each side. */
  readonly after: Readonly<Record<Side, TokenState>>;
  /** As it stood when the open operation came up; whoever drives it knows at least this. */
  readonly opened: TokenState;
  /** As it stood then, or after the last pair event if that came later; whoever decides its outcome knows at least this. */
  readonly offered: TokenState;
  /** The last operations that pair events settled, the oldest first. */
  readonly outcomes: readonly SettledOperation[];
  /** The last events, the oldest first. */
  readonly recent: readonly Mention[];
}

/** Enough for a late second outcome and for notes that come late. */
export const OUTCOMES_KEPT = 8;
const EVENTS_KEPT = 3;
/** Tokens with nothing registered and nothing open that are kept in mind. */
const IDLE_TOKENS_KEPT = 262_144;

/** What is known of every token: exact for those in use, and for the last that went idle. */
export class TokenTracks {
  private readonly live = new Map<string, TokenTrack>();
  private readonly idle = new BoundedMap<string, TokenTrack>(IDLE_TOKENS_KEPT);
  /** How many tokens were met; one that had been forgotten counts again. */
  met = 0;

  get(token: string): TokenTrack {
    return this.live.get(token) ?? this.idle.get(token) ?? newTrack(token);
  }

  /** Whether a token without events is new for sure: none was forgotten yet. */
  get knowsAll(): boolean {
    return this.idle.forgotten === 0;
  }

  get open(): number {
    let open = 0;
    for (const { state } of this.live.values()) open += state.queue.length;
    return open;
  }

  /** @param state of the token after the event. */
  note(event: LogEvent, state: TokenState): void {
    const { token } = event;
    const before = this.get(token);
    if (before.recent.length === 0) this.met += 1;
    const track = advance(before, event, state);
    if (isIdle(state)) {
      this.live.delete(token);
      this.idle.set(token, track);
    } else {
      this.idle.delete(token);
      this.live.set(token, track);
    }
  }
}

function newTrack(token: string): TokenTrack {
  const state = emptyTokenState(token);
  return { state, last: { producer: 0, consumer: 0, pair: 0 }, after: { producer: state, consumer: state }, opened: state, offered: state, outcomes: [], recent: [] };
}

function advance(before: TokenTrack, { sequence, body }: LogEvent, state: TokenState): TokenTrack {
  const recent = [...before.recent, { sequence, type: body.type }].slice(-EVENTS_KEPT);
  const kind = eventKind(body.type);
  if (kind === 'note') return { ...before, state, recent };
  const last = { ...before.last, [kind]: sequence };
  const after = kind === 'pair' ? before.after : { ...before.after, [kind]: state };
  const operation = nextOperation(before.state)?.sequence;
  const isNew = nextOperation(state)?.sequence !== operation;
  const opened = isNew ? state : before.opened;
  const offered = isNew || kind === 'pair' ? state : before.offered;
  const isSettled = kind === 'pair' && isNew && operation !== undefined;
  const outcomes = isSettled ? [...before.outcomes, { operationSequence: operation, sequence }].slice(-OUTCOMES_KEPT) : before.outcomes;
  return { state, last, after, opened, offered, outcomes, recent };
}
