import type { CallbackRun, EventBody, LogEvent } from '@irqmesh/domain';
import { decodeRecord, encodeEvent, EventHeader, expectedLastSequence } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';

// What somebody with access to a log's export may do to it by hand.

/** Each record gets the sequence of its place, as an import into an empty stream would give it. */
export function renumbered(records: readonly LogRecord[]): LogRecord[] {
  return records.map((record, index) => ({ ...record, sequence: index + 1 }));
}

export function without(records: readonly LogRecord[], index: number): LogRecord[] {
  return [...records.slice(0, index), ...records.slice(index + 1)];
}

export function withInserted(records: readonly LogRecord[], index: number, inserted: LogRecord): LogRecord[] {
  return [...records.slice(0, index), inserted, ...records.slice(index)];
}

export function withSwapped(records: readonly LogRecord[], first: number, second: number): LogRecord[] {
  const copy = [...records];
  [copy[first], copy[second]] = [records[second]!, records[first]!];
  return copy;
}

export function withHeader(record: LogRecord, name: string, value: string | undefined): LogRecord {
  const headers = { ...record.headers };
  if (value === undefined) delete headers[name];
  else headers[name] = value;
  return { ...record, headers };
}

/** The record with another event in its place, its checksum made anew. */
export function rewritten(record: LogRecord, change: Partial<LogEvent>, partitions: number): LogRecord {
  const { subject, headers, payload } = encodeEvent({ ...decodeRecord(record), ...change }, partitions);
  const expected = record.headers[EventHeader.expectedLastSequence];
  return { sequence: record.sequence, subject, payload, headers: expected === undefined ? headers : { ...headers, [EventHeader.expectedLastSequence]: expected } };
}

/** Whether a later event names this place, or one behind it, as the one before it on its subject: what a shift by one breaks. */
export function isShiftNoticed(records: readonly LogRecord[], index: number): boolean {
  const { sequence } = records[index]!;
  return records.slice(index + 1).some((record) => (expectedLastSequence(record) ?? 0) >= sequence);
}

/** Whether a later event names this one as the one before it. */
export function hasSuccessor(records: readonly LogRecord[], index: number): boolean {
  const { sequence } = records[index]!;
  return records.some((record) => expectedLastSequence(record) === sequence);
}

/**
 * The ways to change what an event says so that the rest of the log gives it away, checksum or not. What no other event
 * depends on (an irq, a deadline, a duration, a time) only the checksum guards.
 */
export function telltaleChanges(body: EventBody): Partial<Record<string, unknown>>[] {
  switch (body.type) {
    case 'ProducerRegistered':
    case 'ConsumerRegistered':
      return [{ requestId: `${body.requestId}x` }];
    case 'ProducerUnregistered':
    case 'ConsumerUnregistered':
      return [
        { registrationSequence: body.registrationSequence + 1 },
        { registrationRequestId: `${body.registrationRequestId}x` },
        { participant: { ...body.participant, id: `${body.participant.id}x` } },
        { reason: body.reason === 'requested' ? 'session_expired' : 'requested' },
        ...(body.reason === 'requested' ? [{ requestId: `${body.requestId}x` }] : []),
      ];
    case 'HandshakeStalled':
      return [{ operationSequence: body.operationSequence + 1 }];
    case 'RegistrationRefused':
      return [{ result: -5 }];
    default:
      return [
        { producerSequence: body.producerSequence + 1 },
        { consumerSequence: body.consumerSequence + 1 },
        { operationSequence: body.operationSequence + 1 },
        // A gone side may have been stopped, as far as the log knows; in an abort nothing is skipped.
        { runs: [...body.runs, { side: 'producer', callback: 'stop', result: 0, durationUs: 1, skipped: body.type === 'ConnectAborted' }] },
        ...('newcomer' in body ? [{ newcomer: body.newcomer === 'producer' ? 'consumer' : 'producer' }] : []),
        ...(body.type === 'ConnectFailed' ? [{ result: body.result - 1 }] : []),
        ...(body.type === 'ConnectAborted' ? [{ gone: [] }] : telltaleRuns(body.runs)),
      ];
  }
}

function telltaleRuns(runs: readonly CallbackRun[]): { runs: readonly CallbackRun[] }[] {
  if (runs.length === 0) return [];
  return [{ runs: runs.slice(1) }, { runs: runs.slice(0, -1) }, ...(runs.length > 1 ? [{ runs: [...runs.slice(0, -2), runs.at(-1)!, runs.at(-2)!] }] : [])];
}
