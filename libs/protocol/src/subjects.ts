import { Errno, IrqBypassError, parseName, partitionOf } from '@irqmesh/domain';
import type { EventKind, Side } from '@irqmesh/domain';
import { tokenFromKey, tokenKey } from './token-key.ts';

/** The stream that is the log. */
export const STREAM_NAME = 'IRQMESH';

const EVENTS = 'irqmesh.evt.';

/** The subjects the stream captures: every event of every partition. */
export const ALL_EVENTS = `${EVENTS}>`;

/** Stands where a host would, for operators that may list and get the registrations of all hosts. */
export const ALL_HOSTS = '_all';

const KINDS: readonly EventKind[] = ['producer', 'consumer', 'pair', 'note'];

/** Where an event stands, as its subject says. */
export interface EventAddress {
  readonly partition: number;
  readonly kind: EventKind;
  readonly tokenKey: string;
  readonly token: string;
}

/** `irqmesh.evt.<partition>.<kind>.<tokenKey>`: the subject on which an event is published. */
export function eventSubject(token: string, kind: EventKind, partitions: number): string {
  return `${EVENTS}${partitionOf(token, partitions)}.${kind}.${tokenKey(token)}`;
}

/**
 * Reads an event's subject; whether the partition fits the token is not checked here (see `eventSubject`).
 * @throws IrqBypassError -EINVAL for any other subject.
 */
export function parseEventSubject(subject: string): EventAddress {
  const kindAt = subject.indexOf('.', EVENTS.length) + 1;
  const kind = KINDS.find((name) => subject.startsWith(name, kindAt) && subject[kindAt + name.length] === '.');
  const partition = parsePartition(subject.slice(EVENTS.length, kindAt - 1));
  if (!subject.startsWith(EVENTS) || kind === undefined || partition === undefined) throw notASubject(subject, "an event's");
  const key = subject.slice(kindAt + kind.length + 1);
  return { partition, kind, tokenKey: key, token: tokenFromKey(key) };
}

/** Filter for all events of a partition. */
export function partitionFilter(partition: number): string {
  return `${EVENTS}${partition}.>`;
}

/** Filter for all events of a kind, over all partitions. */
export function kindFilter(kind: EventKind): string {
  return `${EVENTS}*.${kind}.*`;
}

/** Filter for all events of a token. */
export function tokenFilter(token: string, partitions: number): string {
  return `${EVENTS}${partitionOf(token, partitions)}.*.${tokenKey(token)}`;
}

/** What clients ask a registry. */
export type RegistryVerb = 'register' | 'unregister' | 'result' | 'list' | 'get';
export const REGISTRY_VERBS: readonly RegistryVerb[] = ['register', 'unregister', 'result', 'list', 'get'];

/** A client's call to a registry, as its subject says; a registry believes this host and no other. */
export interface RegistryCall {
  readonly side: Side;
  readonly verb: RegistryVerb;
  /** A host's name, or `ALL_HOSTS` (list and get only). */
  readonly host: string;
}

/** `irqmesh.rpc.<side>.<verb>.<host>`. */
export function registrySubject(side: Side, verb: RegistryVerb, host: string): string {
  if (host === ALL_HOSTS && (verb === 'list' || verb === 'get')) return `irqmesh.rpc.${side}.${verb}.${ALL_HOSTS}`;
  return `irqmesh.rpc.${side}.${verb}.${parseName('host', host)}`;
}

/** What a registry subscribes to for a verb: that call from every host. */
export function registryFilter(side: Side, verb: RegistryVerb): string {
  return `irqmesh.rpc.${side}.${verb}.*`;
}

/** @throws IrqBypassError -EINVAL for a subject that is no client's call to a registry. */
export function parseRegistrySubject(subject: string): RegistryCall {
  const [root, area, side, verb, host, more] = subject.split('.');
  if (root !== 'irqmesh' || area !== 'rpc' || !isSide(side) || !isRegistryVerb(verb) || host === undefined || more !== undefined) {
    throw notASubject(subject, "a registry call's");
  }
  if (host === ALL_HOSTS && (verb === 'list' || verb === 'get')) return { side, verb, host };
  return { side, verb, host: parseName('host', host) };
}

/** The queue group of all instances of a side's registry, so that one of them answers a call. */
export function registryQueue(side: Side): string {
  return `${side}-registry`;
}

/** `irqmesh.rpc.<side>.invoke`: where a side's registry takes invokes from matchers. */
export function invokeSubject(side: Side): string {
  return `irqmesh.rpc.${side}.invoke`;
}

/** What a registry asks an agent. */
export type AgentVerb = 'invoke' | 'holdings';

/** A registry's call to an agent, as its subject says. */
export interface AgentCall {
  readonly host: string;
  readonly session: string;
  readonly verb: AgentVerb;
}

/** `irqmesh.agent.<host>.<session>.<verb>`. */
export function agentSubject(host: string, session: string, verb: AgentVerb): string {
  return `irqmesh.agent.${parseName('host', host)}.${parseName('session', session)}.${verb}`;
}

/** @throws IrqBypassError -EINVAL for a subject that is no call to an agent. */
export function parseAgentSubject(subject: string): AgentCall {
  const [root, area, host, session, verb, more] = subject.split('.');
  if (root !== 'irqmesh' || area !== 'agent' || (verb !== 'invoke' && verb !== 'holdings') || more !== undefined) {
    throw notASubject(subject, "an agent call's");
  }
  return { host: parseName('host', host), session: parseName('session', session), verb };
}

/** What anyone allowed asks a matcher. */
export type MatcherVerb = 'state' | 'explain';

/** A call to the matcher of a partition, as its subject says. */
export interface MatcherCall {
  readonly partition: number;
  readonly verb: MatcherVerb;
}

/** `irqmesh.rpc.matcher.<partition>.<verb>`. */
export function matcherSubject(partition: number, verb: MatcherVerb): string {
  return `irqmesh.rpc.matcher.${partition}.${verb}`;
}

/** What a matcher subscribes to for a verb: that question for every partition it may hold. */
export function matcherFilter(verb: MatcherVerb): string {
  return `irqmesh.rpc.matcher.*.${verb}`;
}

/** @throws IrqBypassError -EINVAL for a subject that is no call to a matcher. */
export function parseMatcherSubject(subject: string): MatcherCall {
  const [root, area, service, number, verb, more] = subject.split('.');
  const partition = parsePartition(number);
  if (root !== 'irqmesh' || area !== 'rpc' || service !== 'matcher' || partition === undefined || (verb !== 'state' && verb !== 'explain') || more !== undefined) {
    throw notASubject(subject, "a matcher call's");
  }
  return { partition, verb };
}

/** 0 to 99,999 without leading zeros, so that there is one way to write a partition. */
function parsePartition(text: string | undefined): number | undefined {
  if (text === undefined || text.length === 0 || text.length > 5 || (text.length > 1 && text[0] === '0')) return undefined;
  let number = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}

function isSide(text: string | undefined): text is Side {
  return text === 'producer' || text === 'consumer';
}

function isRegistryVerb(text: string | undefined): text is RegistryVerb {
  return (REGISTRY_VERBS as readonly (string | undefined)[]).includes(text);
}

function notASubject(subject: string, whose: string): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, `${JSON.stringify(subject.slice(0, 300))} is not ${whose} subject`);
}
