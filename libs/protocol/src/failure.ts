import { create } from '@bufbuild/protobuf';
import { BusyError, Errno, formatResult, IrqBypassError } from '@irqmesh/domain';
import { FailureSchema } from './gen/irqmesh/v1/common_pb.ts';
import type { Failure } from './gen/irqmesh/v1/common_pb.ts';

/** The longest sentence that is sent: one that quotes bad input must not make a reply that is too large itself. */
const MAX_SENTENCE_LENGTH = 500;

/** A sentence as it is sent: cut where it is too long, and with anything but text replaced. */
export function boundedSentence(sentence: string): string {
  const bounded = sentence.length > MAX_SENTENCE_LENGTH ? `${sentence.slice(0, MAX_SENTENCE_LENGTH - 1)}…` : sentence;
  return bounded.toWellFormed();
}

/** An error's sentence without the number and name that stand in front of it in `message`. */
export function sentenceOf(error: IrqBypassError): string {
  const prefix = `${formatResult(error.errno)}: `;
  return error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
}

export function failureToProto(error: IrqBypassError): Failure {
  const retryAfter = error instanceof BusyError ? { retryAfterMs: error.retryAfterMs } : {};
  return create(FailureSchema, { errno: error.errno, code: error.code ?? '', message: boundedSentence(sentenceOf(error)), ...retryAfter });
}

export function failureFromProto(failure: Failure | undefined): IrqBypassError | undefined {
  if (failure === undefined) return undefined;
  const { errno, message, retryAfterMs } = failure;
  return errno === Errno.EAGAIN && retryAfterMs !== undefined ? new BusyError(message, retryAfterMs) : new IrqBypassError(errno, message);
}
