import { DEFAULT_PARTITIONS } from '@irqmesh/domain';
import type { EventKind, LogEvent } from '@irqmesh/domain';
import { decodeRecord, encodeEvent, EventHeader, eventSubject } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import { checkExpectation, checkReadLimit } from './arguments.ts';
import { checkCheckpoint } from './checkpoint.ts';
import { InMemoryReader } from './in-memory-reader.ts';
import { LogUnavailableError } from './port.ts';
import { checkRange } from './records/record-source.ts';
import type { RecordSource } from './records/record-source.ts';
import type { AppendRequest, AppendResult, Checkpoint, EventLog, LogIdentity, LogReader, LogSubscription } from './port.ts';

export interface InMemoryEventLogOptions {
  /** Default 16. */
  readonly partitions?: number | undefined;
  /** When the log was made, in milliseconds since 1970; tells it from others. Default 1. */
  readonly createdMs?: number | undefined;
  /**
   * How many message ids are remembered, 0 and up, where a stream remembers two minutes. Default 100,000; nothing may
   * rest on it, so a simulator should also try few or none.
   */
  readonly rememberedIds?: number | undefined;
  /**
   * Whether an append's id is looked at before its expectation, as by a replicated stream; a stream with one replica
   * does it the other way round. Default true; a simulator should try both.
   */
  readonly idBeforeExpectation?: boolean | undefined;
}

const REMEMBERED_IDS = 100_000;

/**
 * The log in memory, for tests and the simulator: the semantics of the JetStream adapter without I/O, clock or
 * randomness. An append is decided at the call; events are delivered in microtasks, so a run is repeatable.
 *
 * It keeps encoded messages, not events: readers get what they would get from NATS (objects of their own, absent
 * fields as the codec leaves them), and an event that the codec cannot carry fails here as it would there.
 */
export class InMemoryEventLog implements EventLog, RecordSource {
  readonly partitions: number;
  private readonly createdMs: number;
  private readonly rememberedIds: number;
  private readonly idBeforeExpectation: boolean;
  private readonly messages: LogRecord[] = [];
  private readonly lastSequenceOfSubject = new Map<string, number>();
  private readonly sequencesOfToken = new Map<string, number[]>();
  private readonly sequenceOfId = new Map<string, number>();
  private readonly readers = new Set<InMemoryReader>();
  private closed = false;

  constructor({ partitions = DEFAULT_PARTITIONS, createdMs = 1, rememberedIds = REMEMBERED_IDS, idBeforeExpectation = true }: InMemoryEventLogOptions = {}) {
    this.partitions = partitions;
    this.createdMs = createdMs;
    this.rememberedIds = rememberedIds;
    this.idBeforeExpectation = idBeforeExpectation;
  }

  async identity(): Promise<LogIdentity> {
    return { createdMs: this.createdMs, firstSequence: 1, lastSequence: this.messages.length };
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    this.checkOpen();
    checkExpectation(request);
    const { event, expectedLastSequence } = request;
    const { subject, headers, payload } = encodeEvent(event, this.partitions);
    const duplicateOf = this.sequenceOfId.get(event.id);
    const isConflict = expectedLastSequence !== undefined && expectedLastSequence !== (this.lastSequenceOfSubject.get(subject) ?? 0);
    if (isConflict && (duplicateOf === undefined || !this.idBeforeExpectation)) return { kind: 'conflict' };
    if (duplicateOf !== undefined) return { kind: 'appended', sequence: duplicateOf, duplicate: true };
    const sequence = this.messages.length + 1;
    const stored = expectedLastSequence === undefined ? headers : { ...headers, [EventHeader.expectedLastSequence]: String(expectedLastSequence) };
    this.messages.push({ subject, sequence, headers: stored, payload });
    this.lastSequenceOfSubject.set(subject, sequence);
    this.remember(event.token, event.id, sequence);
    for (const reader of this.readers) reader.wake();
    return { kind: 'appended', sequence, duplicate: false };
  }

  async read(sequence: number): Promise<LogEvent | undefined> {
    this.checkOpen();
    const message = this.messages[sequence - 1];
    return message === undefined ? undefined : decodeRecord(message);
  }

  async leaderLastSequence(token: string, kind?: EventKind): Promise<number> {
    this.checkOpen();
    if (kind === undefined) return this.sequencesOfToken.get(token)?.at(-1) ?? 0;
    return this.lastSequenceOfSubject.get(eventSubject(token, kind, this.partitions)) ?? 0;
  }

  async readToken(token: string, { fromSequence, limit }: { readonly fromSequence: number; readonly limit: number }): Promise<LogEvent[]> {
    this.checkOpen();
    checkReadLimit(limit);
    const sequences = this.sequencesOfToken.get(token) ?? [];
    return sequences.filter((sequence) => sequence >= fromSequence).slice(0, limit).map((sequence) => decodeRecord(this.messages[sequence - 1]!));
  }

  async *records(fromSequence: number, untilSequence: number): AsyncGenerator<LogRecord, void, undefined> {
    this.checkOpen();
    checkRange(fromSequence, untilSequence, await this.identity());
    for (let sequence = fromSequence; sequence <= untilSequence; sequence++) yield this.messages[sequence - 1]!;
  }

  async subscribe(after: Checkpoint, logReader: LogReader): Promise<LogSubscription> {
    this.checkOpen();
    await checkCheckpoint(after, await this.identity(), async (sequence) => this.messages[sequence - 1]?.headers[EventHeader.id]);
    this.checkOpen();
    const reader = new InMemoryReader(this.messages, after.sequence, logReader, () => this.readers.delete(reader));
    this.readers.add(reader);
    reader.wake();
    return reader;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.readers].map((reader) => reader.close()));
  }

  private remember(token: string, id: string, sequence: number): void {
    const sequences = this.sequencesOfToken.get(token);
    if (sequences === undefined) this.sequencesOfToken.set(token, [sequence]);
    else sequences.push(sequence);
    this.sequenceOfId.set(id, sequence);
    if (this.sequenceOfId.size <= this.rememberedIds) return;
    const [oldest] = this.sequenceOfId.keys();
    this.sequenceOfId.delete(oldest!);
  }

  private checkOpen(): void {
    if (this.closed) throw new LogUnavailableError('the log has been closed');
  }
}
