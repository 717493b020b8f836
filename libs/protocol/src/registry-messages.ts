import { Errno, IrqBypassError, parseName, parseParticipantId, parseToken } from '@irqmesh/domain';
import type { CallbackSet, Side } from '@irqmesh/domain';
import { callbackSetFromProto, callbacksToProto, numberFromUint64, sequenceFromUint64, settlements, uint64 } from './convert.ts';
import type { SettlementName } from './convert.ts';
import { boundedSentence, failureFromProto, failureToProto } from './failure.ts';
import { RegisterRequestSchema, RegistryReplySchema, ResultRequestSchema, UnregisterRequestSchema } from './gen/irqmesh/v1/registry_pb.ts';
import type { ItemOutcome as PbItemOutcome, RegisterItem as PbRegisterItem } from './gen/irqmesh/v1/registry_pb.ts';
import { parseDeadline, parseItems, parseQuiesceGroup, parseRequestId, uniqueRequestIds } from './request-fields.ts';
import type { ParsedItem } from './request-fields.ts';
import { decodeReply, decodeRequest, encodeMessage } from './rpc-codec.ts';
import type { ContentType } from './rpc-codec.ts';

// The calls that change or ask about registrations: register, unregister, result. Tokens are checked on the way out too:
// protobuf would write one with a lone surrogate as another token.

/** A call about participants of one session. The host is the subject's. */
export interface BatchMessage<Item> {
  readonly session: string;
  /** Absolute, in milliseconds since 1970: the registry decides nothing after it. */
  readonly deadlineMs: number;
  /** 1 to `MAX_ITEMS`. */
  readonly items: readonly Item[];
}

/** A call as a registry reads it: items that are wrong carry their error. */
export type ParsedBatch<Item> = BatchMessage<ParsedItem<Item>>;

/** One registration that is asked for. */
export interface RegisterItemMessage {
  readonly participantId: string;
  readonly token: string;
  readonly requestId: string;
  /** Producers only, 0 to 2^32 - 1. */
  readonly irq?: number | undefined;
  readonly callbacks: CallbackSet;
  /** How long each callback may take; undefined for the default. Its upper bound is the registry's to check. */
  readonly callbackDeadlineMs?: number | undefined;
  readonly quiesceGroup?: string | undefined;
}

/** One registration that is to end: the one that `registrationRequestId` made. */
export interface UnregisterItemMessage {
  readonly participantId: string;
  readonly token: string;
  readonly registrationRequestId: string;
  readonly requestId: string;
  /** The sequence that the register's answer named, where it is known: nothing is decided before the fold has passed it. */
  readonly registrationSequence?: number | undefined;
}

/** One register or unregister that is asked about. */
export interface ResultItemMessage {
  readonly participantId: string;
  readonly token: string;
  readonly requestId: string;
}

/** What became of one item. */
export interface ItemOutcomeMessage {
  readonly requestId: string;
  /**
   * `settled`: the result holds. `pending`: the event is in the log and its operation still open at the deadline, ask
   * `result`. `not_appended`: nothing was appended by the deadline, and nothing will be for this attempt.
   */
  readonly settlement: SettlementName;
  /** 0, the kernel's error, or a driver's own number; 0 unless settled, but -EAGAIN with `retryAfterMs`. */
  readonly result: number;
  /** Why it was refused or failed, for people; '' otherwise. */
  readonly message: string;
  /** The event's sequence in the log, where one was appended. */
  readonly sequence?: number | undefined;
  /** The kernel warns here: a programming error such as registering twice. */
  readonly warning: boolean;
  /** The sequence of the registration that stands in the way, where one does. */
  readonly holderSequence?: number | undefined;
  /** Not appended since the registry is busy: ask again after so long. */
  readonly retryAfterMs?: number | undefined;
}

/** The reply to register, unregister and result: an outcome for each item in the order asked, or why there are none. */
export interface RegistryReplyMessage {
  readonly items: readonly ItemOutcomeMessage[];
  readonly failure?: IrqBypassError | undefined;
}

/** @throws IrqBypassError -EINVAL for a token that is no token, or a number its field cannot hold. */
export function encodeRegisterRequest(message: BatchMessage<RegisterItemMessage>, contentType: ContentType = 'application/protobuf'): Uint8Array {
  const items = message.items.map((item) => ({
    participantId: item.participantId,
    token: parseToken(item.token),
    requestId: item.requestId,
    irq: item.irq ?? 0,
    callbacks: callbacksToProto(item.callbacks),
    callbackDeadlineMs: item.callbackDeadlineMs ?? 0,
    ...(item.quiesceGroup === undefined ? {} : { quiesceGroup: item.quiesceGroup }),
  }));
  return encodeMessage(RegisterRequestSchema, { session: message.session, deadlineUnixMs: uint64(message.deadlineMs), items }, contentType);
}

/** @throws IrqBypassError -EINVAL or -EMSGSIZE for a call that is wrong as a whole; wrong items carry their own error. */
export function decodeRegisterRequest(side: Side, payload: Uint8Array, contentType: ContentType): ParsedBatch<RegisterItemMessage> {
  const { session, deadlineUnixMs, items } = decodeRequest(RegisterRequestSchema, payload, contentType);
  const unique = uniqueRequestIds();
  return {
    session: parseName('session', session),
    deadlineMs: parseDeadline(deadlineUnixMs),
    items: parseItems(items, (item) => item.requestId, (item) => parseRegisterItem(side, item, unique)),
  };
}

function parseRegisterItem(side: Side, item: PbRegisterItem, unique: (requestId: string) => string): RegisterItemMessage {
  if (side === 'consumer' && item.irq !== 0) throw new IrqBypassError(Errno.EINVAL, 'irq is set; only producers have one');
  return {
    requestId: unique(item.requestId),
    participantId: parseParticipantId(item.participantId),
    token: parseToken(item.token),
    irq: side === 'producer' ? item.irq : undefined,
    callbacks: callbackSetFromProto(side, item.callbacks, 'callbacks'),
    callbackDeadlineMs: item.callbackDeadlineMs === 0 ? undefined : item.callbackDeadlineMs,
    quiesceGroup: parseQuiesceGroup(item.quiesceGroup),
  };
}

/** @throws IrqBypassError -EINVAL for a token that is no token. */
export function encodeUnregisterRequest(message: BatchMessage<UnregisterItemMessage>, contentType: ContentType = 'application/protobuf'): Uint8Array {
  const items = message.items.map(({ participantId, token, registrationRequestId, requestId, registrationSequence }) => ({
    participantId,
    token: parseToken(token),
    registrationRequestId,
    requestId,
    ...(registrationSequence === undefined ? {} : { registrationSequence: uint64(registrationSequence) }),
  }));
  return encodeMessage(UnregisterRequestSchema, { session: message.session, deadlineUnixMs: uint64(message.deadlineMs), items }, contentType);
}

/** @throws IrqBypassError -EINVAL or -EMSGSIZE for a call that is wrong as a whole; wrong items carry their own error. */
export function decodeUnregisterRequest(payload: Uint8Array, contentType: ContentType): ParsedBatch<UnregisterItemMessage> {
  const { session, deadlineUnixMs, items } = decodeRequest(UnregisterRequestSchema, payload, contentType);
  const unique = uniqueRequestIds();
  return {
    session: parseName('session', session),
    deadlineMs: parseDeadline(deadlineUnixMs),
    items: parseItems(items, (item) => item.requestId, (item) => ({
      requestId: unique(item.requestId),
      participantId: parseParticipantId(item.participantId),
      token: parseToken(item.token),
      registrationRequestId: parseRequestId(item.registrationRequestId, 'registration_request_id'),
      registrationSequence: item.registrationSequence === undefined ? undefined : sequenceFromUint64(item.registrationSequence, 'registration_sequence'),
    })),
  };
}

/** @throws IrqBypassError -EINVAL for a token that is no token. */
export function encodeResultRequest(message: BatchMessage<ResultItemMessage>, contentType: ContentType = 'application/protobuf'): Uint8Array {
  const items = message.items.map(({ participantId, token, requestId }) => ({ participantId, token: parseToken(token), requestId }));
  return encodeMessage(ResultRequestSchema, { session: message.session, deadlineUnixMs: uint64(message.deadlineMs), items }, contentType);
}

/** @throws IrqBypassError -EINVAL or -EMSGSIZE for a call that is wrong as a whole; wrong items carry their own error. */
export function decodeResultRequest(payload: Uint8Array, contentType: ContentType): ParsedBatch<ResultItemMessage> {
  const { session, deadlineUnixMs, items } = decodeRequest(ResultRequestSchema, payload, contentType);
  const unique = uniqueRequestIds();
  return {
    session: parseName('session', session),
    deadlineMs: parseDeadline(deadlineUnixMs),
    items: parseItems(items, (item) => item.requestId, (item) => ({
      requestId: unique(item.requestId),
      participantId: parseParticipantId(item.participantId),
      token: parseToken(item.token),
    })),
  };
}

export function encodeRegistryReply(reply: RegistryReplyMessage, contentType: ContentType): Uint8Array {
  const items = reply.items.map(({ requestId, settlement, result, message, sequence, warning, holderSequence, retryAfterMs }) => ({
    requestId,
    settlement: settlements.encode(settlement),
    result,
    message: boundedSentence(message),
    sequence: uint64(sequence ?? 0),
    warning,
    ...(holderSequence === undefined ? {} : { holderSequence: uint64(holderSequence) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }));
  return encodeMessage(RegistryReplySchema, reply.failure === undefined ? { items } : { items, failure: failureToProto(reply.failure) }, contentType);
}

/** @throws IrqBypassError -EIO for a reply that cannot be read. */
export function decodeRegistryReply(payload: Uint8Array, contentType: ContentType): RegistryReplyMessage {
  return decodeReply(RegistryReplySchema, payload, contentType, ({ items, failure }) => ({
    items: items.map(parseOutcome),
    failure: failureFromProto(failure),
  }));
}

function parseOutcome(item: PbItemOutcome): ItemOutcomeMessage {
  return {
    requestId: item.requestId,
    settlement: settlements.decode(item.settlement, 'settlement'),
    result: item.result,
    message: item.message,
    sequence: item.sequence === 0n ? undefined : numberFromUint64(item.sequence, 'sequence'),
    warning: item.warning,
    holderSequence: item.holderSequence === undefined ? undefined : numberFromUint64(item.holderSequence, 'holder_sequence'),
    retryAfterMs: item.retryAfterMs,
  };
}
