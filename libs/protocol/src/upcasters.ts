import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import { EventSchema } from './gen/irqmesh/v1/event_pb.ts';
import type { Event } from './gen/irqmesh/v1/event_pb.ts';

/** The version of the event schema that this code writes; it stands in each event's headers. */
export const SCHEMA_VERSION = 1;

/**
 * Turns an event of one version into the next one's. Fields are only added, so the generated code of today reads every
 * old event; an upcaster gives a new field the value that old events meant without saying it.
 */
export type Upcaster = (event: Event) => Event;

/** By the version they read. Version 1 is the first and the current one, so there is nothing to turn yet. */
export const UPCASTERS: ReadonlyMap<number, Upcaster> = new Map();

/**
 * The payload as the current version would have written it.
 * @throws IrqBypassError -EINVAL for a version that is newer than this code, or has no upcaster.
 */
export function upcast(payload: Uint8Array, version: number, current: number = SCHEMA_VERSION, upcasters: ReadonlyMap<number, Upcaster> = UPCASTERS): Uint8Array {
  if (version === current) return payload;
  if (version > current) {
    throw new IrqBypassError(Errno.EINVAL, `it was written with schema version ${version}, this program knows versions up to ${current}: use a newer one`);
  }
  let event = fromBinary(EventSchema, payload);
  for (let from = version; from < current; from++) {
    const step = upcasters.get(from);
    if (step === undefined) throw new IrqBypassError(Errno.EINVAL, `there is no upcaster from schema version ${from}`);
    event = step(event);
  }
  return toBinary(EventSchema, event);
}
