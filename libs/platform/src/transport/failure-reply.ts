import type { IrqBypassError } from '@irqmesh/domain';
import { encodeExplainReply, encodeGetReply, encodeInvokeReply, encodeListReply, encodeMatcherStateReply, encodeRegistryReply } from '@irqmesh/protocol';
import type { ContentType } from '@irqmesh/protocol';

/** Encodes the reply that says that a call failed. */
export type FailureEncoder = (failure: IrqBypassError, contentType: ContentType) => Uint8Array;

const registryReply: FailureEncoder = (failure, contentType) => encodeRegistryReply({ items: [], failure }, contentType);

const REGISTRY_REPLIES = new Map<string, FailureEncoder>([
  ['register', registryReply],
  ['unregister', registryReply],
  ['result', registryReply],
  ['list', (failure, contentType) => encodeListReply({ registrations: [], more: false, failure }, contentType)],
  ['get', (failure, contentType) => encodeGetReply({ failure }, contentType)],
  ['invoke', (failure, contentType) => encodeInvokeReply({ items: [], failure }, contentType)],
]);

const MATCHER_REPLIES = new Map<string, FailureEncoder>([
  ['state', (failure, contentType) => encodeMatcherStateReply({ matcher: '', partition: 0, position: 0, tokens: 0, pairs: 0, operations: [], failure }, contentType)],
  ['explain', (failure, contentType) => encodeExplainReply({ token: '', connected: false, sentence: '', advice: '', events: [], failure }, contentType)],
]);

/**
 * Each call has a reply message of its own, with a field for a failure.
 * @param pattern the subject that a handler takes, wildcards and all
 * @throws Error for a subject that is none of irqmesh's calls
 */
export function failureEncoder(pattern: string): FailureEncoder {
  const [root, area, service, third, fourth] = pattern.split('.');
  const encode = service === 'matcher' ? MATCHER_REPLIES.get(fourth ?? '') : REGISTRY_REPLIES.get(third ?? '');
  const isRegistry = service === 'producer' || service === 'consumer';
  if (root === 'irqmesh' && area === 'rpc' && encode !== undefined && (isRegistry || service === 'matcher')) return encode;
  throw new Error(`${pattern}: no reply message is known for calls on this subject`);
}
