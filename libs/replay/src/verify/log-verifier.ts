import { Fold, isVoid } from '@irqmesh/domain';
import type { EventBody, LogEvent } from '@irqmesh/domain';
import { checkCausation, checkChain, EntryCheck } from './check-entry.ts';
import { NoteCheck } from './check-note.ts';
import { checkPairEvent } from './check-pair-event.ts';
import { checkRegistered, checkUnregistered } from './check-registry-event.ts';
import type { Breach, Finding, LogEntry, ReadableEntry } from './entry.ts';
import { eventOrNone } from './sentences.ts';
import { TokenTracks } from './token-track.ts';
import type { TokenTrack } from './token-track.ts';

export interface LogVerifierOptions {
  /** Where the log begins, if that is known: what it is said to hold must be there. */
  readonly firstSequence?: number | undefined;
  /**
   * Whether a network that repeats requests may have put a late copy of a register into the log, whose participant had
   * gone on since. NATS does not repeat; a simulation may. Default false.
   */
  readonly lateCopies?: boolean | undefined;
}

/** What a log holds, once all of it was looked at. */
export interface VerifySummary {
  readonly events: number;
  /** Both 0 for an empty log. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly byType: Readonly<Partial<Record<EventBody['type'], number>>>;
  /** Tokens that events name. One that was long idle before it came back may count twice. */
  readonly tokens: number;
  /** Operations that are not settled at the log's end. */
  readonly openOperations: number;
  /** Outcomes that an expiry had made void before they were stored (rule 6): rightly there, and without effect. */
  readonly voidOutcomes: number;
  /** Events of the first release, which gave none. */
  readonly withoutChecksum: number;
  /** References to what was too long ago to be remembered. */
  readonly notChecked: number;
  readonly findings: number;
}

/** What one event may be held against of tokens that were long idle is kept by `TokenTracks`; a fold's own memory of them is not needed. */
const FOLD_LIMITS = { idleTokens: 0, restingParticipants: 65_536 };

/**
 * Checks a log, event by event in its order, from its first. What it must remember is bounded by what is registered and
 * open; beside that, by 262,144 tokens that went idle, 262,144 message ids, 65,536 registrations and 65,536
 * participants at rest, the newest of each. References to what is older are counted as not checked.
 */
export class LogVerifier {
  private readonly fold = new Fold(FOLD_LIMITS);
  private readonly tracks = new TokenTracks();
  private readonly entries = new EntryCheck();
  private readonly notes = new NoteCheck();
  private readonly lateCopies: boolean;
  private readonly beginsAt: number | undefined;
  private readonly byType: Partial<Record<EventBody['type'], number>> = {};
  private events = 0;
  private firstSequence = 0;
  private lastSequence = 0;
  private voidOutcomes = 0;
  private withoutChecksum = 0;
  private notChecked = 0;
  private findings = 0;

  constructor({ firstSequence, lateCopies = false }: LogVerifierOptions = {}) {
    this.beginsAt = firstSequence;
    this.lateCopies = lateCopies;
  }

  /** Takes the log's next message. @returns the first invariant that it breaks, if it breaks one. */
  add(entry: LogEntry): Finding | undefined {
    const { sequence } = entry;
    const track = 'event' in entry ? this.tracks.get(entry.event.token) : undefined;
    const inOrder = this.checkOrder(sequence);
    const isRepeated = sequence <= this.lastSequence;
    this.events += 1;
    if (this.firstSequence === 0) this.firstSequence = sequence;
    this.lastSequence = Math.max(this.lastSequence, sequence);
    const breach = isRepeated ? inOrder : (inOrder ?? this.look(entry, track));
    if (!isRepeated && 'event' in entry) this.take(entry, breach === undefined);
    if (breach === undefined) return undefined;
    this.findings += 1;
    const event = 'event' in entry ? entry.event : undefined;
    return { ...breach, sequence, type: event?.body.type, token: event?.token, before: track?.recent ?? [] };
  }

  /** Whether the log goes on to where it is said to end. */
  checkEnd(saidLastSequence: number): Finding | undefined {
    const { lastSequence } = this;
    if (lastSequence >= saidLastSequence) return undefined;
    this.findings += 1;
    const sentence = `the log ends with ${eventOrNone(lastSequence)}, and it is said to go on to event ${saidLastSequence}`;
    return { invariant: 'order', sentence, sequence: lastSequence + 1, type: undefined, token: undefined, before: [] };
  }

  /** What the log holds. */
  finish(): VerifySummary {
    const { events, firstSequence, lastSequence, byType, voidOutcomes, withoutChecksum, notChecked, findings } = this;
    return { events, firstSequence, lastSequence, byType, tokens: this.tracks.met, openOperations: this.tracks.open, voidOutcomes, withoutChecksum, notChecked, findings };
  }

  private checkOrder(sequence: number): Breach | undefined {
    const { lastSequence } = this;
    if (sequence === (lastSequence === 0 ? (this.beginsAt ?? sequence) : lastSequence + 1)) return undefined;
    if (lastSequence === 0) return { invariant: 'order', sentence: `the log begins with it, and it is said to begin with event ${this.beginsAt}` };
    if (sequence <= lastSequence) return { invariant: 'order', sentence: `it follows event ${lastSequence}` };
    const missing = sequence - lastSequence === 2 ? `event ${lastSequence + 1} is missing` : `events ${lastSequence + 1} to ${sequence - 1} are missing`;
    return { invariant: 'order', sentence: `it follows event ${lastSequence}: ${missing}` };
  }

  private look(entry: LogEntry, track: TokenTrack | undefined): Breach | undefined {
    if (!('event' in entry)) return { invariant: 'readable', sentence: entry.unreadable };
    return this.entries.check(entry) ?? this.known(checkChain(entry, track!, this.tracks.knowsAll)) ?? checkCausation(entry.event) ?? this.checkBody(entry.event, track!);
  }

  private checkBody(event: LogEvent, track: TokenTrack): Breach | undefined {
    const { body } = event;
    switch (body.type) {
      case 'ProducerRegistered':
      case 'ConsumerRegistered':
        return checkRegistered(body, track, this.fold, this.lateCopies);
      case 'ProducerUnregistered':
      case 'ConsumerUnregistered':
        if (track.recent.length === 0 && !this.tracks.knowsAll) return this.known('unknown');
        return checkUnregistered(body, track);
      case 'HandshakeStalled':
        if (track.recent.length === 0 && !this.tracks.knowsAll) return this.known('unknown');
        return this.known(this.notes.checkStalled(body, track));
      case 'RegistrationRefused':
        return this.known(this.notes.checkRefused(body, event, track, this.fold));
      default:
        return checkPairEvent(body, track);
    }
  }

  private take({ event, checksum }: ReadableEntry, isSound: boolean): void {
    const { body } = event;
    this.byType[body.type] = (this.byType[body.type] ?? 0) + 1;
    if (checksum === 'absent') this.withoutChecksum += 1;
    if (isSound && 'runs' in body && isVoid(this.tracks.get(event.token).state, body)) this.voidOutcomes += 1;
    this.notes.noteRegistered(event);
    this.tracks.note(event, this.fold.apply(event));
  }

  /** Counts what could not be checked. */
  private known(breach: Breach | 'unknown' | undefined): Breach | undefined {
    if (breach !== 'unknown') return breach;
    this.notChecked += 1;
    return undefined;
  }
}
