import { eventKind } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import { BoundedMap } from './bounded-map.ts';
import type { Breach, ReadableEntry } from './entry.ts';
import { eventOrNone } from './sentences.ts';
import type { TokenTrack } from './token-track.ts';

const IDS_KEPT = 262_144;
const WRITERS_KEPT = 4_096;

/** Whether an event is as its writer made it, and stands where it belongs. */
export class EntryCheck {
  /** The events of the last message ids. */
  private readonly ids = new BoundedMap<string, number>(IDS_KEPT);
  /** The first event of each writer that has a checksum. */
  private readonly checksummed = new BoundedMap<string, number>(WRITERS_KEPT);

  check(entry: ReadableEntry): Breach | undefined {
    const byChecksum = this.checkChecksum(entry);
    const byId = this.checkId(entry.event);
    if (byChecksum !== undefined) return byChecksum;
    if (entry.contradiction !== undefined) return { invariant: 'subject', sentence: entry.contradiction };
    return byId;
  }

  private checkChecksum({ event, checksum }: ReadableEntry): Breach | undefined {
    const { source, sequence } = event;
    if (checksum === 'wrong') return { invariant: 'checksum', sentence: 'its checksum is wrong: its subject, a header or its payload was changed after it had been written' };
    const since = this.checksummed.get(source);
    if (checksum === 'right' && since === undefined) this.checksummed.set(source, sequence);
    if (checksum === 'right' || since === undefined) return undefined;
    return { invariant: 'checksum', sentence: `it has no checksum, and its writer ${source} gives them since event ${since}` };
  }

  private checkId({ id, sequence, body }: LogEvent): Breach | undefined {
    // Each matcher that drives an operation may note that it stalls, under the same id.
    if (body.type === 'HandshakeStalled') return undefined;
    const earlier = this.ids.get(id);
    this.ids.set(id, sequence);
    return earlier === undefined ? undefined : { invariant: 'id', sentence: `its id ${id} is that of event ${earlier}` };
  }
}

/** Optimistic concurrency: what its writer expected to come before it did. `unknown` where that was forgotten. */
export function checkChain({ event, expectedLastSequence }: ReadableEntry, track: TokenTrack, knowsAll: boolean): Breach | 'unknown' | undefined {
  const kind = eventKind(event.body.type);
  const breach = (sentence: string): Breach => ({ invariant: 'chain', sentence });
  if (kind === 'note') return expectedLastSequence === undefined ? undefined : breach('it is a note and expects an event before it');
  if (expectedLastSequence === undefined) return breach('it does not say which event it expects before it');
  if (expectedLastSequence === track.last[kind]) return undefined;
  if (track.recent.length === 0 && !knowsAll) return 'unknown';
  return breach(`it expects ${eventOrNone(expectedLastSequence)} as the last ${kind} event of its token, which is ${eventOrNone(track.last[kind])}`);
}

/** Each writer names the request, the registration or the operation that it acts upon. */
export function checkCausation({ causationId, body }: LogEvent): Breach | undefined {
  const cause = causeOf(body);
  if (causationId !== undefined && (cause === undefined || causationId === cause)) return undefined;
  return { invariant: 'causation', sentence: `it names ${causationId ?? 'nothing'} as its cause, which is ${cause ?? 'a request'}` };
}

/** Undefined for a refusal, which names a request that the log does not hold. */
function causeOf(body: LogEvent['body']): string | undefined {
  switch (body.type) {
    case 'ProducerRegistered':
    case 'ConsumerRegistered':
      return body.requestId;
    case 'ProducerUnregistered':
    case 'ConsumerUnregistered':
      return body.reason === 'requested' ? body.requestId : String(body.registrationSequence);
    case 'RegistrationRefused':
      return undefined;
    default:
      return String(body.operationSequence);
  }
}
