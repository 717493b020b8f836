import { Errno, IrqBypassError, MAX_TOKEN_BYTES, parseToken } from '@irqmesh/domain';
import type { CallbackSet, Participant, Side } from '@irqmesh/domain';
import {
  callbackSetFromProto, callbacksToProto, numberFromUint64, participantFromProto, participantToProto, registrationStates, sequenceFromUint64, sides, uint64,
} from './convert.ts';
import type { RegistrationStateName } from './convert.ts';
import { failureFromProto, failureToProto } from './failure.ts';
import { GetReplySchema, GetRequestSchema, ListReplySchema, ListRequestSchema } from './gen/irqmesh/v1/registry_pb.ts';
import type { RegistrationView } from './gen/irqmesh/v1/registry_pb.ts';
import { decodeReply, decodeRequest, encodeMessage } from './rpc-codec.ts';
import type { ContentType } from './rpc-codec.ts';

// The calls that only look at registrations: list and get.

/** The most registrations a page holds, and how many it holds when a request names no limit. */
export const MAX_LIST_LIMIT = 1000;
export const DEFAULT_LIST_LIMIT = 100;

/** Which registrations of the subject's host to list. */
export interface ListRequestMessage {
  /** Only tokens that start with this; '' for all. */
  readonly tokenPrefix: string;
  /** Only registrations after this sequence; 0 to begin. */
  readonly afterSequence: number;
  /** 1 to `MAX_LIST_LIMIT`. */
  readonly limit: number;
}

/** Which token's registration to show. */
export interface GetRequestMessage {
  readonly token: string;
}

/** A registration as the registry sees it. */
export interface RegistrationViewMessage {
  readonly side: Side;
  readonly participant: Participant;
  readonly token: string;
  /** Its identity: the sequence of its event. */
  readonly sequence: number;
  readonly requestId: string;
  readonly irq?: number | undefined;
  readonly callbacks: CallbackSet;
  readonly callbackDeadlineMs: number;
  readonly quiesceGroup?: string | undefined;
  /**
   * `registering`: its register operation is open. `waiting`: registered, no pair. `connected`: in a pair.
   * `leaving`: its unregister is in the log and not yet done.
   */
  readonly state: RegistrationStateName;
  /** The other side, when connected. */
  readonly peer?: Participant | undefined;
  readonly peerSequence?: number | undefined;
}

/** A page of registrations in the order of the log, or why there is none. */
export interface ListReplyMessage {
  readonly registrations: readonly RegistrationViewMessage[];
  /** Whether more follow after the last one's sequence. */
  readonly more: boolean;
  readonly failure?: IrqBypassError | undefined;
}

/** The registration, if the token has one of this side. */
export interface GetReplyMessage {
  readonly registration?: RegistrationViewMessage | undefined;
  readonly failure?: IrqBypassError | undefined;
}

export function encodeListRequest(message: ListRequestMessage, contentType: ContentType = 'application/protobuf'): Uint8Array {
  const { tokenPrefix, afterSequence, limit } = message;
  return encodeMessage(ListRequestSchema, { tokenPrefix, afterSequence: uint64(afterSequence), limit }, contentType);
}

/** @throws IrqBypassError -EINVAL or -EMSGSIZE for a request that is wrong. */
export function decodeListRequest(payload: Uint8Array, contentType: ContentType): ListRequestMessage {
  const { tokenPrefix, afterSequence, limit } = decodeRequest(ListRequestSchema, payload, contentType);
  if (limit > MAX_LIST_LIMIT) throw new IrqBypassError(Errno.EINVAL, `limit is ${limit}; it must be 1 to ${MAX_LIST_LIMIT}, or 0 for ${DEFAULT_LIST_LIMIT}`);
  if (tokenPrefix.length > MAX_TOKEN_BYTES) throw new IrqBypassError(Errno.EINVAL, `token_prefix is longer than a token, which has at most ${MAX_TOKEN_BYTES} bytes`);
  return { tokenPrefix, afterSequence: numberFromUint64(afterSequence, 'after_sequence'), limit: limit === 0 ? DEFAULT_LIST_LIMIT : limit };
}

export function encodeGetRequest({ token }: GetRequestMessage, contentType: ContentType = 'application/protobuf'): Uint8Array {
  return encodeMessage(GetRequestSchema, { token: parseToken(token) }, contentType);
}

/** @throws IrqBypassError -EINVAL or -EMSGSIZE for a request that is wrong. */
export function decodeGetRequest(payload: Uint8Array, contentType: ContentType): GetRequestMessage {
  return { token: parseToken(decodeRequest(GetRequestSchema, payload, contentType).token) };
}

export function encodeListReply(reply: ListReplyMessage, contentType: ContentType): Uint8Array {
  const registrations = reply.registrations.map(viewToProto);
  return encodeMessage(ListReplySchema, { registrations, more: reply.more, ...failureField(reply.failure) }, contentType);
}

/** @throws IrqBypassError -EIO for a reply that cannot be read. */
export function decodeListReply(payload: Uint8Array, contentType: ContentType): ListReplyMessage {
  return decodeReply(ListReplySchema, payload, contentType, ({ registrations, more, failure }) => ({
    registrations: registrations.map(viewFromProto),
    more,
    failure: failureFromProto(failure),
  }));
}

export function encodeGetReply(reply: GetReplyMessage, contentType: ContentType): Uint8Array {
  const registration = reply.registration === undefined ? {} : { registration: viewToProto(reply.registration) };
  return encodeMessage(GetReplySchema, { ...registration, ...failureField(reply.failure) }, contentType);
}

/** @throws IrqBypassError -EIO for a reply that cannot be read. */
export function decodeGetReply(payload: Uint8Array, contentType: ContentType): GetReplyMessage {
  return decodeReply(GetReplySchema, payload, contentType, ({ registration, failure }) => ({
    registration: registration === undefined ? undefined : viewFromProto(registration),
    failure: failureFromProto(failure),
  }));
}

function failureField(failure: IrqBypassError | undefined) {
  return failure === undefined ? {} : { failure: failureToProto(failure) };
}

function viewToProto(view: RegistrationViewMessage) {
  return {
    side: sides.encode(view.side),
    participant: participantToProto(view.participant),
    token: view.token,
    sequence: uint64(view.sequence),
    requestId: view.requestId,
    callbacks: callbacksToProto(view.callbacks),
    callbackDeadlineMs: view.callbackDeadlineMs,
    state: registrationStates.encode(view.state),
    ...(view.irq === undefined ? {} : { irq: view.irq }),
    ...(view.quiesceGroup === undefined ? {} : { quiesceGroup: view.quiesceGroup }),
    ...(view.peer === undefined ? {} : { peer: participantToProto(view.peer) }),
    ...(view.peerSequence === undefined ? {} : { peerSequence: uint64(view.peerSequence) }),
  };
}

function viewFromProto(view: RegistrationView): RegistrationViewMessage {
  const side = sides.decode(view.side, 'side');
  return {
    side,
    participant: participantFromProto(view.participant, 'participant'),
    token: parseToken(view.token),
    sequence: sequenceFromUint64(view.sequence, 'sequence'),
    requestId: view.requestId,
    irq: view.irq,
    callbacks: callbackSetFromProto(side, view.callbacks, 'callbacks'),
    callbackDeadlineMs: view.callbackDeadlineMs,
    quiesceGroup: view.quiesceGroup,
    state: registrationStates.decode(view.state, 'state'),
    peer: view.peer === undefined ? undefined : participantFromProto(view.peer, 'peer'),
    peerSequence: view.peerSequence === undefined ? undefined : sequenceFromUint64(view.peerSequence, 'peer_sequence'),
  };
}
