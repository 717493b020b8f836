import { beforeAll, describe, expect, it } from '@jest/globals';
import { EventHeader } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import { fill } from '../../test-support/records.ts';
import { InMemoryEventLog } from '../in-memory-event-log.ts';
import { checkRestorable, RecordRefusedError } from './restorable.ts';

const MAX_BYTES = 1_048_576;
let records: LogRecord[];

beforeAll(async () => {
  records = await fill(new InMemoryEventLog(), 20);
});

function refusal(changes: Partial<LogRecord>, maxBytes = MAX_BYTES): string {
  try {
    checkRestorable({ ...records[0]!, ...changes }, 16, maxBytes);
  } catch (error) {
    expect(error).toBeInstanceOf(RecordRefusedError);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

describe('checkRestorable', () => {
  it('takes what irqmesh wrote, also without the checksums of the first release', () => {
    for (const record of records) {
      const { [EventHeader.checksum]: _checksum, ...headers } = record.headers;
      for (const whole of [record, { ...record, headers }]) expect(() => checkRestorable(whole, 16, MAX_BYTES)).not.toThrow();
    }
  });

  it('refuses what was changed after it was written', () => {
    const [record] = records;
    const payload = Uint8Array.from(record!.payload);
    payload[5]! ^= 1;
    expect(refusal({ payload })).toBe('event 1 cannot be restored: its checksum does not fit: it was changed after it was written');
    expect(refusal({ headers: { ...record!.headers, [EventHeader.time]: '2026-01-31T08:15:00.123Z' } })).toContain('its checksum does not fit');
  });

  it('refuses what the log cannot hold', () => {
    const { headers, subject } = records[0]!;
    expect(refusal({ subject: 'elsewhere.evt.1' })).toContain('its subject "elsewhere.evt.1" is not an event\'s');
    const partition = Number(subject.split('.')[2]);
    expect(refusal({ subject: subject.replace(`.${partition}.`, `.${(partition + 1) % 16}.`) })).toContain(`its subject is of partition ${(partition + 1) % 16}; with 16 partitions its token belongs to ${partition}`);
    expect(refusal({ headers: { ...headers, 'a name': 'x' } })).toContain('"a name" is no header\'s name');
    for (const value of ['a\nb', 'a\r', ' a', 'a ']) expect(refusal({ headers: { ...headers, more: value } })).toContain('its header more has a value that no message can carry exactly');
    expect(refusal({}, 100)).toMatch(/it has \d+ bytes, the NATS server takes 100 at most/);
  });
});
