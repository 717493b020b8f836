import { Errno, IrqBypassError } from '@irqmesh/domain';
import { encodePartitionLease, encodeSessionRecord, parsePartitionLease, parseSessionRecord } from '@irqmesh/protocol';
import { name, printable, uint32 } from '@irqmesh/protocol/test-support';
import fc from 'fast-check';
import { attempt } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { sameAgain } from '../engine/round-trip.ts';
import { mutateJson } from '../mutate/json.ts';
import { steps } from '../mutate/steps.ts';

interface BucketValue {
  readonly reads: 'session' | 'lease';
  readonly text: string;
}

const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const holdings = fc.record({ count: uint32, digest: uint32 });
const session = fc.record({ host: name, session: name, replaces: fc.option(name, { nil: undefined }), openedMs: time, producers: holdings, consumers: holdings }).map(encodeSessionRecord);
const lease = fc.record({ matcher: printable(64), takenMs: time }).map(encodePartitionLease);

const isLegitimate = (error: unknown): boolean => error instanceof IrqBypassError && error.errno === Errno.EINVAL;

/** Reads, writes and reads again. */
function again<Value>(text: string, parse: (text: string) => Value, encode: (value: Value) => string): 'accepted' | 'refused' {
  const read = attempt(() => parse(text), isLegitimate);
  if (read === undefined) return 'refused';
  sameAgain(read.value, parse(encode(read.value)));
  return 'accepted';
}

export const bucketValues: FuzzTarget<BucketValue> = {
  name: 'bucket-values',
  sentence: 'session records and partition leases of the key-value buckets',
  inputs: fc.oneof(
    fc.tuple(session, steps).map(([text, done]): BucketValue => ({ reads: 'session', text: mutateJson(text, done) })),
    fc.tuple(lease, steps).map(([text, done]): BucketValue => ({ reads: 'lease', text: mutateJson(text, done) })),
  ),
  run: ({ reads, text }) => (reads === 'session' ? again(text, parseSessionRecord, encodeSessionRecord) : again(text, parsePartitionLease, encodePartitionLease)),
};
