import { eventKind, IrqBypassError } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import { EventDecodeError } from './event-codec.ts';
import { EventHeader } from './event-headers.ts';
import { sentenceOf } from './failure.ts';
import { checkRecord, decodeRecord, expectedLastSequence } from './log-record.ts';
import type { LogRecord } from './log-record.ts';
import { eventSubject } from './subjects.ts';

/** All that whoever checks a log wants to know of a message: the event and how it is stored, or why it is no event. */
export type RecordFacts =
  | {
      readonly sequence: number;
      readonly event: LogEvent;
      /** See `expectedLastSequence`. */
      readonly expectedLastSequence: number | undefined;
      /** See `checkRecord`. */
      readonly checksum: 'right' | 'wrong' | 'absent';
      /** How subject and headers contradict each other, or the log they stand in; undefined when they do not. */
      readonly contradiction: string | undefined;
    }
  | { readonly sequence: number; readonly unreadable: string };

/** @param partitions that the log has. */
export function recordFacts(record: LogRecord, partitions: number): RecordFacts {
  const { sequence } = record;
  try {
    const event = decodeRecord(record);
    return { sequence, event, expectedLastSequence: expectedLastSequence(record), checksum: checkRecord(record), contradiction: contradictionIn(record, event, partitions) };
  } catch (error) {
    if (error instanceof EventDecodeError) return { sequence, unreadable: error.reason };
    if (error instanceof IrqBypassError) return { sequence, unreadable: sentenceOf(error) };
    throw error;
  }
}

function contradictionIn({ subject, headers }: LogRecord, { id, token, body }: LogEvent, partitions: number): string | undefined {
  const wanted = eventSubject(token, eventKind(body.type), partitions);
  if (subject !== wanted) return `its subject is ${subject}, and its token and type belong on ${wanted}`;
  const expected = { [EventHeader.messageId]: id, [EventHeader.specVersion]: '1.0', [EventHeader.subject]: subject.slice(subject.lastIndexOf('.') + 1) };
  for (const [name, value] of Object.entries(expected)) {
    if (headers[name] !== value) return `its header ${name} is ${JSON.stringify(headers[name] ?? '')}, and it should be ${JSON.stringify(value)}`;
  }
  return undefined;
}
