import { Errno, IrqBypassError } from '@irqmesh/domain';
import {
  agentSubject, eventSubject, evictBucketKey, matcherBucketKey, matcherSubject, parseAgentSubject, parseContentType, parseEventSubject, parseLeasesBucketKey, parseMatcherSubject, parseRegistrySubject,
  parseSessionsBucketKey, partitionBucketKey, REGISTRY_VERBS, registrySubject, replyContentType, sessionBucketKey, tokenFromKey, tokenKey,
} from '@irqmesh/protocol';
import { name, token } from '@irqmesh/protocol/test-support';
import fc from 'fast-check';
import { attempt } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { sameAgain } from '../engine/round-trip.ts';
import { steps } from '../mutate/steps.ts';
import { mutateText } from '../mutate/text.ts';

/** A kind of name: valid ones, and how one is read and written again. */
interface Kind {
  readonly valid: fc.Arbitrary<string>;
  readonly again: (text: string) => string;
}

const eventKind = fc.constantFrom('producer' as const, 'consumer' as const, 'pair' as const, 'note' as const);
const side = fc.constantFrom('producer' as const, 'consumer' as const);
const partition = fc.nat(99_999);

const KINDS: Readonly<Record<string, Kind>> = {
  tokenKey: { valid: token.map(tokenKey), again: (text) => tokenKey(tokenFromKey(text)) },
  eventSubject: {
    valid: fc.tuple(token, eventKind).map(([own, kind]) => eventSubject(own, kind, 16)),
    again: (text) => {
      const address = parseEventSubject(text);
      sameAgain(address.tokenKey, tokenKey(address.token));
      return `irqmesh.evt.${address.partition}.${address.kind}.${address.tokenKey}`;
    },
  },
  registrySubject: {
    valid: fc.tuple(side, fc.constantFrom(...REGISTRY_VERBS), name).map(([of, verb, host]) => registrySubject(of, verb, host)),
    again: (text) => {
      const call = parseRegistrySubject(text);
      return registrySubject(call.side, call.verb, call.host);
    },
  },
  agentSubject: {
    valid: fc.tuple(name, name).map(([host, session]) => agentSubject(host, session, 'invoke')),
    again: (text) => {
      const call = parseAgentSubject(text);
      return agentSubject(call.host, call.session, call.verb);
    },
  },
  matcherSubject: {
    valid: partition.map((number) => matcherSubject(number, 'explain')),
    again: (text) => {
      const call = parseMatcherSubject(text);
      return matcherSubject(call.partition, call.verb);
    },
  },
  sessionsKey: {
    valid: fc.tuple(name, name).map(([host, session]) => sessionBucketKey(host, session)),
    again: (text) => {
      const { kind, host, session } = parseSessionsBucketKey(text);
      return kind === 'session' ? sessionBucketKey(host, session) : evictBucketKey(host, session);
    },
  },
  leasesKey: {
    valid: fc.oneof(partition.map(partitionBucketKey), name.map(matcherBucketKey)),
    again: (text) => {
      const key = parseLeasesBucketKey(text);
      return key.kind === 'partition' ? partitionBucketKey(key.partition) : matcherBucketKey(key.matcher);
    },
  },
  contentType: {
    valid: fc.constantFrom('application/protobuf', 'application/json; charset=utf-8', ''),
    again: (text) => {
      replyContentType(text);
      parseContentType(text);
      return text;
    },
  },
};

interface Name {
  readonly kind: string;
  readonly text: string;
}

const WORDS = ['irqmesh.', 'rpc.', 'evt.', 'producer', 'consumer', '.register.', '_all', 'session.', 'partition.', '00', '99999', '.', '*', '>', 'A', '-_', '=', '+/', '__proto__', 'application/json', '; charset=utf-8', 'é'];

const isLegitimate = (error: unknown): boolean => error instanceof IrqBypassError && error.errno === Errno.EINVAL;

export const names: FuzzTarget<Name> = {
  name: 'names',
  sentence: 'subjects, keys of tokens and buckets, content types',
  inputs: fc.oneof(...Object.entries(KINDS).map(([kind, { valid }]) => fc.tuple(valid, steps).map(([text, done]): Name => ({ kind, text: mutateText(text, done, WORDS) })))),
  run: ({ kind, text }) => {
    const read = attempt(() => KINDS[kind]!.again(text), isLegitimate);
    if (read === undefined) return 'refused';
    sameAgain(text, read.value);
    return 'accepted';
  },
};
