import { create, fromJson, toJsonString } from '@bufbuild/protobuf';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { Errno, IrqBypassError, parseName } from '@irqmesh/domain';
import type { HoldingsDigest } from '@irqmesh/domain';
import { numberFromUint64, uint64 } from './convert.ts';
import { parseJsonText } from './json-text.ts';
import { PartitionLeaseSchema, SessionRecordSchema } from './gen/irqmesh/v1/session_pb.ts';

// What stands in the key-value buckets: JSON, so that people can read a bucket with any NATS tool.

/** The value of a session's key, renewed by its agent. */
export interface SessionRecord {
  readonly host: string;
  readonly session: string;
  /** The session of this host that this one takes the place of. */
  readonly replaces?: string | undefined;
  /** When the agent opened it, on the agent's clock, in milliseconds since 1970. */
  readonly openedMs: number;
  /** The registrations that the agent holds. */
  readonly producers: HoldingsDigest;
  readonly consumers: HoldingsDigest;
}

/** The value of a partition's key: who drives its operations. */
export interface PartitionLease {
  readonly matcher: string;
  /** When it took the partition, on its clock, in milliseconds since 1970. */
  readonly takenMs: number;
}

export function encodeSessionRecord(record: SessionRecord): string {
  const { host, session, replaces, openedMs, producers, consumers } = record;
  const message = create(SessionRecordSchema, {
    host,
    session,
    openedUnixMs: uint64(openedMs),
    producers: { count: producers.count, digest: producers.digest },
    consumers: { count: consumers.count, digest: consumers.digest },
    ...(replaces === undefined ? {} : { replaces }),
  });
  return toJsonString(SessionRecordSchema, message, { alwaysEmitImplicit: true });
}

/**
 * Fields that this version does not know are passed over: agents may be newer than a registry.
 * @throws IrqBypassError -EINVAL for text that is no session record.
 */
export function parseSessionRecord(text: string): SessionRecord {
  const { host, session, replaces, openedUnixMs, producers, consumers } = fromText(SessionRecordSchema, text);
  if (producers === undefined || consumers === undefined) throw new IrqBypassError(Errno.EINVAL, 'the SessionRecord lacks its producers or consumers');
  return {
    host: parseName('host', host),
    session: parseName('session', session),
    replaces: replaces === undefined ? undefined : parseName('session', replaces),
    openedMs: numberFromUint64(openedUnixMs, 'opened_unix_ms'),
    producers: { count: producers.count, digest: producers.digest },
    consumers: { count: consumers.count, digest: consumers.digest },
  };
}

export function encodePartitionLease({ matcher, takenMs }: PartitionLease): string {
  return toJsonString(PartitionLeaseSchema, create(PartitionLeaseSchema, { matcher, takenUnixMs: uint64(takenMs) }), { alwaysEmitImplicit: true });
}

/** @throws IrqBypassError -EINVAL for text that is no partition lease. */
export function parsePartitionLease(text: string): PartitionLease {
  const { matcher, takenUnixMs } = fromText(PartitionLeaseSchema, text);
  if (matcher === '') throw new IrqBypassError(Errno.EINVAL, 'the PartitionLease lacks its matcher');
  return { matcher, takenMs: numberFromUint64(takenUnixMs, 'taken_unix_ms') };
}

function fromText<Desc extends DescMessage>(schema: Desc, text: string): MessageShape<Desc> {
  try {
    return fromJson(schema, parseJsonText(text), { ignoreUnknownFields: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IrqBypassError(Errno.EINVAL, `the value is not a ${schema.name} in JSON: ${reason}`, { cause });
  }
}
