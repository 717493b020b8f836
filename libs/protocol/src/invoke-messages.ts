import { CALLBACKS, Errno, IrqBypassError, parseName, parseParticipantId, parseToken } from '@irqmesh/domain';
import type { Callback, CallbackRun, Participant, Side } from '@irqmesh/domain';
import { callbackNames, callbacksToProto, invokeStatuses, participantFromProto, participantToProto, runFromProto, runToProto, sequenceFromUint64, sides, uint64 } from './convert.ts';
import type { InvokeStatusName } from './convert.ts';
import { boundedSentence, failureFromProto, failureToProto } from './failure.ts';
import { HoldingsReplySchema, HoldingsRequestSchema, InvokeReplySchema, InvokeRequestSchema } from './gen/irqmesh/v1/invoke_pb.ts';
import type { InvokeItem, InvokeOutcome, Peer } from './gen/irqmesh/v1/invoke_pb.ts';
import { parseItems, parseRequestId } from './request-fields.ts';
import type { ParsedItem } from './request-fields.ts';
import { decodeReply, decodeRequest, encodeMessage } from './rpc-codec.ts';
import type { ContentType } from './rpc-codec.ts';

// Callbacks on their way from the matcher over the side's registry to the agent, and what an agent holds.

/** The other side, as the callbacks see it. */
export interface PeerMessage {
  readonly participant: Participant;
  readonly registrationSequence: number;
  /** Producers only. */
  readonly irq?: number | undefined;
}

/** Steps of one operation for one participant, merged into one call; or its rollback. */
export interface InvokeItemMessage {
  readonly side: Side;
  readonly token: string;
  readonly participant: Participant;
  readonly registrationSequence: number;
  /** The request id of the registration: any other than the agent's current one is refused. */
  readonly registrationRequestId: string;
  /** The operation's identity: the sequence of the registry event that caused it. */
  readonly operationSequence: number;
  /** In order, each at most once; empty for a rollback, and only then. */
  readonly steps: readonly Callback[];
  /** Undo what this operation did here, then refuse its other steps. */
  readonly rollback: boolean;
  readonly peer: PeerMessage;
}

/** How one item ended. */
export interface InvokeOutcomeMessage {
  /**
   * `done`: the runs hold a result for every step, or end with the first that failed. `running`: a callback still runs,
   * ask again. `stale`: the agent knows a newer operation. `refused`: the agent does not hold this registration, has
   * sealed the operation, or is fenced. `unanswered`: no agent answered, ask again.
   */
  readonly status: InvokeStatusName;
  /** For steps: their runs. For a rollback: every callback that the operation ran here, the undoing ones included. */
  readonly runs: readonly CallbackRun[];
  readonly message: string;
}

/** An outcome for each item in the order asked, or why there are none. */
export interface InvokeReplyMessage {
  readonly items: readonly InvokeOutcomeMessage[];
  readonly failure?: IrqBypassError | undefined;
}

/** The request ids of the registrations that an agent holds. */
export interface HoldingsReplyMessage {
  readonly producerRequestIds: readonly string[];
  readonly consumerRequestIds: readonly string[];
}

export function encodeInvokeRequest(items: readonly InvokeItemMessage[], contentType: ContentType = 'application/protobuf'): Uint8Array {
  return encodeMessage(InvokeRequestSchema, { items: items.map(itemToProto) }, contentType);
}

/**
 * The items of an invoke; a wrong one carries its error and the request id of its registration.
 * @throws IrqBypassError -EINVAL or -EMSGSIZE for a call that is wrong as a whole.
 */
export function decodeInvokeRequest(payload: Uint8Array, contentType: ContentType): ParsedItem<InvokeItemMessage>[] {
  const { items } = decodeRequest(InvokeRequestSchema, payload, contentType);
  return parseItems(items, (item) => item.registrationRequestId, itemFromProto);
}

export function encodeInvokeReply(reply: InvokeReplyMessage, contentType: ContentType): Uint8Array {
  const items = reply.items.map(({ status, runs, message }) => ({
    status: invokeStatuses.encode(status),
    runs: runs.map(runToProto),
    message: boundedSentence(message),
  }));
  return encodeMessage(InvokeReplySchema, reply.failure === undefined ? { items } : { items, failure: failureToProto(reply.failure) }, contentType);
}

/** @throws IrqBypassError -EIO for a reply that cannot be read. */
export function decodeInvokeReply(payload: Uint8Array, contentType: ContentType): InvokeReplyMessage {
  return decodeReply(InvokeReplySchema, payload, contentType, ({ items, failure }) => ({
    items: items.map(outcomeFromProto),
    failure: failureFromProto(failure),
  }));
}

export function encodeHoldingsRequest(contentType: ContentType = 'application/protobuf'): Uint8Array {
  return encodeMessage(HoldingsRequestSchema, {}, contentType);
}

/** Holds nothing to return; @throws IrqBypassError -EINVAL or -EMSGSIZE for a request that is wrong. */
export function decodeHoldingsRequest(payload: Uint8Array, contentType: ContentType): void {
  decodeRequest(HoldingsRequestSchema, payload, contentType);
}

export function encodeHoldingsReply({ producerRequestIds, consumerRequestIds }: HoldingsReplyMessage, contentType: ContentType): Uint8Array {
  return encodeMessage(HoldingsReplySchema, { producerRequestIds: [...producerRequestIds], consumerRequestIds: [...consumerRequestIds] }, contentType);
}

/** @throws IrqBypassError -EIO for a reply that cannot be read. */
export function decodeHoldingsReply(payload: Uint8Array, contentType: ContentType): HoldingsReplyMessage {
  return decodeReply(HoldingsReplySchema, payload, contentType, ({ producerRequestIds, consumerRequestIds }) => ({ producerRequestIds, consumerRequestIds }));
}

function itemToProto(item: InvokeItemMessage) {
  const { token, registrationRequestId, rollback, peer } = item;
  return {
    side: sides.encode(item.side),
    token,
    participant: participantToProto(item.participant),
    registrationSequence: uint64(item.registrationSequence),
    registrationRequestId,
    operationSequence: uint64(item.operationSequence),
    steps: callbacksToProto(item.steps),
    rollback,
    peer: {
      participant: participantToProto(peer.participant),
      registrationSequence: uint64(peer.registrationSequence),
      ...(peer.irq === undefined ? {} : { irq: peer.irq }),
    },
  };
}

function itemFromProto(item: InvokeItem): InvokeItemMessage {
  const side = sides.decode(item.side, 'side');
  const participant = participantFromProto(item.participant, 'participant');
  return {
    side,
    token: parseToken(item.token),
    participant: { host: parseName('host', participant.host), session: parseName('session', participant.session), id: parseParticipantId(participant.id) },
    registrationSequence: sequenceFromUint64(item.registrationSequence, 'registration_sequence'),
    registrationRequestId: parseRequestId(item.registrationRequestId, 'registration_request_id'),
    operationSequence: sequenceFromUint64(item.operationSequence, 'operation_sequence'),
    steps: stepsFromProto(side, item.steps, item.rollback),
    rollback: item.rollback,
    peer: peerFromProto(item.peer),
  };
}

function stepsFromProto(side: Side, values: readonly number[], rollback: boolean): readonly Callback[] {
  const steps = values.map((value) => callbackNames.decode(value, 'steps'));
  if (rollback !== (steps.length === 0)) {
    throw new IrqBypassError(Errno.EINVAL, rollback ? 'steps is set in a rollback, which has none' : 'steps is empty and rollback is not set');
  }
  const foreign = steps.find((step) => !CALLBACKS[side].includes(step));
  if (foreign !== undefined) throw new IrqBypassError(Errno.EINVAL, `steps holds ${foreign}, which a ${side} does not have`);
  if (new Set(steps).size !== steps.length) throw new IrqBypassError(Errno.EINVAL, 'steps holds a callback twice');
  return steps;
}

function peerFromProto(peer: Peer | undefined): PeerMessage {
  if (peer === undefined) throw new IrqBypassError(Errno.EINVAL, 'peer is missing');
  return {
    participant: participantFromProto(peer.participant, 'peer.participant'),
    registrationSequence: sequenceFromUint64(peer.registrationSequence, 'peer.registration_sequence'),
    irq: peer.irq,
  };
}

function outcomeFromProto({ status, runs, message }: InvokeOutcome): InvokeOutcomeMessage {
  return { status: invokeStatuses.decode(status, 'status'), runs: runs.map((run) => runFromProto(run, 'runs')), message };
}
