import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { ContentType } from '@irqmesh/protocol';
import fc from 'fast-check';
import { attempt } from '../engine/fuzz-target.ts';
import type { Outcome } from '../engine/fuzz-target.ts';
import { sameAgain } from '../engine/round-trip.ts';

/** A request or a reply: how valid ones are made, and how any is read. */
export interface Call {
  readonly name: string;
  /** The payloads of valid messages. */
  payloads(contentType: ContentType): fc.Arbitrary<Uint8Array>;
  /** Reads a payload, and what was read once more after writing it. */
  read(payload: Uint8Array, contentType: ContentType): Outcome;
}

interface Codec<Message> {
  readonly message: fc.Arbitrary<Message>;
  readonly encode: (message: Message, contentType: ContentType) => Uint8Array;
  /** Undefined where nothing is left to be written again. */
  readonly decode: (payload: Uint8Array, contentType: ContentType) => Message | undefined;
}

/** What a client, a registry or a matcher asks: a wrong one is the caller's fault. */
export function request<Message>(name: string, codec: Codec<Message>): Call {
  return call(`${name} request`, codec, [Errno.EINVAL, Errno.EMSGSIZE]);
}

/** What is answered: a wrong one is the service's fault. */
export function reply<Message>(name: string, codec: Codec<Message>): Call {
  return call(`${name} reply`, codec, [Errno.EIO]);
}

/** For requests that hold nothing: only that they are read. */
export function nothing(decode: () => void): undefined {
  decode();
  return undefined;
}

function call<Message>(name: string, { message, encode, decode }: Codec<Message>, errnos: readonly number[]): Call {
  const isLegitimate = (error: unknown): boolean => error instanceof IrqBypassError && errnos.includes(error.errno);
  return {
    name,
    payloads: (contentType) => message.map((valid) => encode(valid, contentType)),
    read: (payload, contentType) => {
      const read = attempt(() => decode(payload, contentType), isLegitimate);
      if (read === undefined) return 'refused';
      if (read.value !== undefined) {
        // Sentences are bounded when they are written; the second reading shows them as they stay.
        const written = decode(encode(read.value, contentType), contentType);
        sameAgain(bounded(read.value), bounded(written));
      }
      return 'accepted';
    },
  };
}

const MAX_SENTENCE_LENGTH = 500;

/** The value with its sentences as a writer bounds them. */
function bounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bounded);
  if (value instanceof IrqBypassError) return { ...value, message: boundedSentence(value.message.replace(/^-?\d+(?: \([A-Z]+\))?: /, '')) };
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, (key === 'message' || key === 'sentence') && typeof inner === 'string' ? boundedSentence(inner) : bounded(inner)]));
}

function boundedSentence(text: string): string {
  return (text.length > MAX_SENTENCE_LENGTH ? `${text.slice(0, MAX_SENTENCE_LENGTH - 1)}…` : text).toWellFormed();
}
