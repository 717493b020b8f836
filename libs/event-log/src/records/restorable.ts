import { IrqBypassError, partitionOf } from '@irqmesh/domain';
import { checkRecord, parseEventSubject } from '@irqmesh/protocol';
import type { EventAddress, LogRecord } from '@irqmesh/protocol';

/** A record that must not be put into a log. The message names it. */
export class RecordRefusedError extends Error {
  override readonly name = 'RecordRefusedError';
  readonly sequence: number;

  constructor(sequence: number, reason: string, options?: ErrorOptions) {
    super(`event ${sequence} cannot be restored: ${reason}`, options);
    this.sequence = sequence;
  }
}

/** What a header's name may be: other characters would make it another header. */
const HEADER_NAME = /^[\x21-\x39\x3b-\x7e]+$/;
const LINE_BREAK = /[\r\n]/;

/**
 * Checks that a record is as its writer made it, and that a log of so many partitions can hold it exactly. Its payload
 * is not read: a backup may hold events of a newer version, and comes back as it was.
 * @param maxBytes the largest message that the log's server takes
 * @throws RecordRefusedError
 */
export function checkRestorable(record: LogRecord, partitions: number, maxBytes: number): void {
  const { sequence, subject, headers, payload } = record;
  const { partition, token } = addressOf(sequence, subject);
  const right = partitionOf(token, partitions);
  if (partition !== right) throw new RecordRefusedError(sequence, `its subject is of partition ${partition}; with ${partitions} partitions its token belongs to ${right}`);
  let bytes = payload.length;
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw new RecordRefusedError(sequence, `${JSON.stringify(name)} is no header's name`);
    if (LINE_BREAK.test(value) || value !== value.trim()) throw new RecordRefusedError(sequence, `its header ${name} has a value that no message can carry exactly`);
    bytes += name.length + value.length;
  }
  if (bytes > maxBytes) throw new RecordRefusedError(sequence, `it has ${bytes} bytes, the NATS server takes ${maxBytes} at most (max_payload)`);
  if (checkRecord(record) === 'wrong') throw new RecordRefusedError(sequence, 'its checksum does not fit: it was changed after it was written');
}

function addressOf(sequence: number, subject: string): EventAddress {
  try {
    return parseEventSubject(subject);
  } catch (cause) {
    if (!(cause instanceof IrqBypassError)) throw cause;
    throw new RecordRefusedError(sequence, `its subject ${JSON.stringify(subject.slice(0, 300))} is not an event's`, { cause });
  }
}
