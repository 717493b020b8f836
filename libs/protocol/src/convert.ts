import { create } from '@bufbuild/protobuf';
import { callbackSet, Errno, IrqBypassError } from '@irqmesh/domain';
import type { Callback, CallbackRun, CallbackSet, Participant, Side, UnregisterReason } from '@irqmesh/domain';
import { EnumMap } from './enum-map.ts';
import * as pb from './gen/irqmesh/v1/common_pb.ts';
import { InvokeStatus } from './gen/irqmesh/v1/invoke_pb.ts';
import { UnregisterReason as PbUnregisterReason } from './gen/irqmesh/v1/event_pb.ts';
import { RegistrationState, Settlement } from './gen/irqmesh/v1/registry_pb.ts';

// Between protobuf's words and the domain's. What does not fit is -EINVAL with the name of the field.

export const sides = new EnumMap<Side, pb.Side>('side', { producer: pb.Side.PRODUCER, consumer: pb.Side.CONSUMER });

export const callbackNames = new EnumMap<Callback, pb.Callback>('callback', {
  stop: pb.Callback.STOP,
  start: pb.Callback.START,
  add_consumer: pb.Callback.ADD_CONSUMER,
  del_consumer: pb.Callback.DEL_CONSUMER,
  add_producer: pb.Callback.ADD_PRODUCER,
  del_producer: pb.Callback.DEL_PRODUCER,
});

export const unregisterReasons = new EnumMap<UnregisterReason, PbUnregisterReason>('reason', {
  requested: PbUnregisterReason.REQUESTED,
  session_expired: PbUnregisterReason.SESSION_EXPIRED,
  disowned: PbUnregisterReason.DISOWNED,
});

/** How far an item of a request came; see `ItemOutcome`. */
export type SettlementName = 'settled' | 'pending' | 'not_appended';

export const settlements = new EnumMap<SettlementName, Settlement>('settlement', {
  settled: Settlement.SETTLED,
  pending: Settlement.PENDING,
  not_appended: Settlement.NOT_APPENDED,
});

/** Where a registration stands; see `RegistrationView`. */
export type RegistrationStateName = 'registering' | 'waiting' | 'connected' | 'leaving';

export const registrationStates = new EnumMap<RegistrationStateName, RegistrationState>('state', {
  registering: RegistrationState.REGISTERING,
  waiting: RegistrationState.WAITING,
  connected: RegistrationState.CONNECTED,
  leaving: RegistrationState.LEAVING,
});

/** How far an invoke came; see `InvokeOutcome`. */
export type InvokeStatusName = 'done' | 'running' | 'stale' | 'refused' | 'unanswered';

export const invokeStatuses = new EnumMap<InvokeStatusName, InvokeStatus>('status', {
  done: InvokeStatus.DONE,
  running: InvokeStatus.RUNNING,
  stale: InvokeStatus.STALE,
  refused: InvokeStatus.REFUSED,
  unanswered: InvokeStatus.UNANSWERED,
});

/** @throws IrqBypassError -EINVAL for what is no whole number from 0 to 2^53 - 1. */
export function uint64(value: number): bigint {
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new IrqBypassError(Errno.EINVAL, `${value} is not a whole number from 0 to 2^53 - 1`);
}

/** @throws IrqBypassError -EINVAL, naming `field`, for a number that JavaScript cannot hold exactly. */
export function numberFromUint64(value: bigint, field: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new IrqBypassError(Errno.EINVAL, `${field} is ${value}, beyond 2^53 - 1`);
}

/** A sequence of the log: from 1. */
export function sequenceFromUint64(value: bigint, field: string): number {
  const number = numberFromUint64(value, field);
  if (number >= 1) return number;
  throw new IrqBypassError(Errno.EINVAL, `${field} is not set; it must be a sequence of the log, from 1`);
}

/** The set of callbacks a participant supplies; one of the other side is refused, since nothing would ever call it. */
export function callbackSetFromProto(side: Side, values: readonly number[], field: string): CallbackSet {
  const names = values.map((value) => callbackNames.decode(value, field));
  const set = callbackSet(side, names);
  for (const name of names) {
    if (!set.includes(name)) throw new IrqBypassError(Errno.EINVAL, `${field} holds ${name}, which a ${side} does not have`);
  }
  return set;
}

export function callbacksToProto(callbacks: readonly Callback[]): pb.Callback[] {
  return callbacks.map((name) => callbackNames.encode(name));
}

export function runFromProto(run: pb.CallbackRun, field: string): CallbackRun {
  return {
    side: sides.decode(run.side, `${field}.side`),
    callback: callbackNames.decode(run.callback, `${field}.callback`),
    result: run.result,
    durationUs: numberFromUint64(run.durationUs, `${field}.duration_us`),
    skipped: run.skipped,
  };
}

export function runToProto(run: CallbackRun): pb.CallbackRun {
  return create(pb.CallbackRunSchema, {
    side: sides.encode(run.side),
    callback: callbackNames.encode(run.callback),
    result: run.result,
    durationUs: uint64(run.durationUs),
    skipped: run.skipped,
  });
}

/** @throws IrqBypassError -EINVAL unless all three names are there. Their form is checked where a name is taken in. */
export function participantFromProto(participant: pb.Participant | undefined, field: string): Participant {
  if (participant === undefined) throw new IrqBypassError(Errno.EINVAL, `${field} is missing`);
  const { host, session, id } = participant;
  if (host === '' || session === '' || id === '') throw new IrqBypassError(Errno.EINVAL, `${field} lacks its host, session or id`);
  return { host, session, id };
}

export function participantToProto({ host, session, id }: Participant): pb.Participant {
  return create(pb.ParticipantSchema, { host, session, id });
}
