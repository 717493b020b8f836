import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { Errno, IrqBypassError, parseToken } from '@irqmesh/domain';
import type { LogEvent, Side } from '@irqmesh/domain';
import { numberFromUint64, sequenceFromUint64, sides, uint64 } from './convert.ts';
import { readEventBody } from './event-reader.ts';
import { writeEventBody } from './event-writer.ts';
import { boundedSentence, failureFromProto, failureToProto } from './failure.ts';
import { EventSchema } from './gen/irqmesh/v1/event_pb.ts';
import type { RecordedEvent } from './gen/irqmesh/v1/event_pb.ts';
import { ExplainReplySchema, ExplainRequestSchema, MatcherStateReplySchema, MatcherStateRequestSchema } from './gen/irqmesh/v1/matcher_pb.ts';
import type { OpenOperation } from './gen/irqmesh/v1/matcher_pb.ts';
import { decodeReply, decodeRequest, encodeMessage } from './rpc-codec.ts';
import type { ContentType } from './rpc-codec.ts';

// Questions to the matcher: where a partition stands, and why a token is connected or not.

/** An operation that no pair event has settled yet. */
export interface OpenOperationMessage {
  readonly token: string;
  readonly operationSequence: number;
  readonly kind: 'connect' | 'disconnect';
  readonly waitingFor: Side;
  readonly step: string;
  readonly openForMs: number;
}

/** A partition's position, size and open operations, or why they cannot be told. */
export interface MatcherStateReplyMessage {
  readonly matcher: string;
  readonly partition: number;
  /** The last sequence of the log that is folded. */
  readonly position: number;
  readonly tokens: number;
  readonly pairs: number;
  readonly operations: readonly OpenOperationMessage[];
  readonly failure?: IrqBypassError | undefined;
}

/** Why a token is connected or not, and the events that prove it. */
export interface ExplainReplyMessage {
  readonly token: string;
  readonly connected: boolean;
  /** One sentence that names the cause. */
  readonly sentence: string;
  /** What to do about it; '' when nothing is wrong. */
  readonly advice: string;
  /** The evidence, in the order of the log. */
  readonly events: readonly LogEvent[];
  readonly failure?: IrqBypassError | undefined;
}

export function encodeMatcherStateRequest(contentType: ContentType = 'application/protobuf'): Uint8Array {
  return encodeMessage(MatcherStateRequestSchema, {}, contentType);
}

/** Holds nothing to return; @throws IrqBypassError -EINVAL or -EMSGSIZE for a request that is wrong. */
export function decodeMatcherStateRequest(payload: Uint8Array, contentType: ContentType): void {
  decodeRequest(MatcherStateRequestSchema, payload, contentType);
}

export function encodeMatcherStateReply(reply: MatcherStateReplyMessage, contentType: ContentType): Uint8Array {
  const { matcher, partition, position, tokens, pairs } = reply;
  const operations = reply.operations.map((operation) => ({
    token: operation.token,
    operationSequence: uint64(operation.operationSequence),
    connect: operation.kind === 'connect',
    waitingFor: sides.encode(operation.waitingFor),
    step: operation.step,
    openForMs: uint64(operation.openForMs),
  }));
  const failure = reply.failure === undefined ? {} : { failure: failureToProto(reply.failure) };
  return encodeMessage(MatcherStateReplySchema, { matcher, partition, position: uint64(position), tokens, pairs, operations, ...failure }, contentType);
}

/** @throws IrqBypassError -EIO for a reply that cannot be read. */
export function decodeMatcherStateReply(payload: Uint8Array, contentType: ContentType): MatcherStateReplyMessage {
  return decodeReply(MatcherStateReplySchema, payload, contentType, ({ matcher, partition, position, tokens, pairs, operations, failure }) => ({
    matcher,
    partition,
    position: numberFromUint64(position, 'position'),
    tokens,
    pairs,
    operations: operations.map(operationFromProto),
    failure: failureFromProto(failure),
  }));
}

function operationFromProto(operation: OpenOperation): OpenOperationMessage {
  return {
    token: parseToken(operation.token),
    operationSequence: sequenceFromUint64(operation.operationSequence, 'operation_sequence'),
    kind: operation.connect ? 'connect' : 'disconnect',
    waitingFor: sides.decode(operation.waitingFor, 'waiting_for'),
    step: operation.step,
    openForMs: numberFromUint64(operation.openForMs, 'open_for_ms'),
  };
}

export function encodeExplainRequest(token: string, contentType: ContentType = 'application/protobuf'): Uint8Array {
  return encodeMessage(ExplainRequestSchema, { token: parseToken(token) }, contentType);
}

/** The token that is asked about. @throws IrqBypassError -EINVAL or -EMSGSIZE for a request that is wrong. */
export function decodeExplainRequest(payload: Uint8Array, contentType: ContentType): string {
  return parseToken(decodeRequest(ExplainRequestSchema, payload, contentType).token);
}

export function encodeExplainReply(reply: ExplainReplyMessage, contentType: ContentType): Uint8Array {
  const { token, connected, advice } = reply;
  const failure = reply.failure === undefined ? {} : { failure: failureToProto(reply.failure) };
  const init = { token, connected, sentence: boundedSentence(reply.sentence), advice, events: reply.events.map(eventToProto), ...failure };
  return encodeMessage(ExplainReplySchema, init, contentType);
}

/** @throws IrqBypassError -EIO for a reply that cannot be read. */
export function decodeExplainReply(payload: Uint8Array, contentType: ContentType): ExplainReplyMessage {
  return decodeReply(ExplainReplySchema, payload, contentType, ({ token, connected, sentence, advice, events, failure }) => ({
    token,
    connected,
    sentence,
    advice,
    events: events.map(eventFromProto),
    failure: failureFromProto(failure),
  }));
}

/** A recorded event's body goes through its bytes: there is one mapping between body and domain, and it is the log's. */
function eventToProto(event: LogEvent) {
  return {
    sequence: uint64(event.sequence),
    id: event.id,
    token: event.token,
    timeMs: uint64(event.timeMs),
    source: event.source,
    causationId: event.causationId ?? '',
    traceparent: event.traceparent ?? '',
    event: fromBinary(EventSchema, writeEventBody(event.body)),
  };
}

function eventFromProto(recorded: RecordedEvent): LogEvent {
  if (recorded.event === undefined) throw new IrqBypassError(Errno.EINVAL, 'events.event is missing');
  return {
    id: recorded.id,
    token: parseToken(recorded.token),
    timeMs: numberFromUint64(recorded.timeMs, 'events.time_ms'),
    source: recorded.source,
    causationId: recorded.causationId === '' ? undefined : recorded.causationId,
    traceparent: recorded.traceparent === '' ? undefined : recorded.traceparent,
    body: readEventBody(toBinary(EventSchema, recorded.event)),
    sequence: sequenceFromUint64(recorded.sequence, 'events.sequence'),
  };
}
