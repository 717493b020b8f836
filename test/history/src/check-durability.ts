import type { LogEvent } from '@irqmesh/domain';
import { checkAskedFor } from './check-asked-for.ts';
import { describeCall, describeEvent } from './describe.ts';
import type { ClientCall, Moment, StoredEvent, Violation } from './history.ts';
import { requestKey, surelyAfter } from './indexed-history.ts';
import type { IndexedHistory } from './indexed-history.ts';
import type { LogModel } from './model/log-model.ts';
import type { ModelRegistration, TokenModel } from './model/token-model.ts';

/** Checker 4: what was acknowledged stands in the log, nothing stands there twice, and nothing that nobody asked for. */
export function checkDurability(history: IndexedHistory, model: LogModel): Violation[] {
  return [...checkOnce(history.log), ...checkOrder(history.log), ...checkAcknowledged(history, model), ...checkAskedFor(history, model)];
}

/** Nothing under one message id or one request id twice. */
function checkOnce(log: readonly StoredEvent[]): Violation[] {
  const seen = new Map<string, LogEvent>();
  return log.flatMap(({ event }) => {
    const { body } = event;
    // A note is evidence: it changes nothing, and carries no expectation that would keep a second copy out.
    if (body.type === 'HandshakeStalled' || body.type === 'RegistrationRefused') return [];
    const keys = [`message id ${event.id}`];
    if ('requestId' in body) keys.push(`${body.type} with request id ${body.requestId}`);
    const earlier = keys.map((key) => seen.get(key)).find((found) => found !== undefined);
    for (const key of keys) seen.set(key, event);
    if (earlier === undefined) return [];
    return [durability(`${describeEvent(event)} repeats ${describeEvent(earlier)}`, event.token, [earlier.sequence, event.sequence])];
  });
}

/** The log has every sequence once, in order. */
function checkOrder(log: readonly StoredEvent[]): Violation[] {
  return log.flatMap(({ event }, index) => {
    const previous = log[index - 1]?.event;
    if (previous === undefined || event.sequence > previous.sequence) return [];
    return [durability(`${describeEvent(event)} follows ${describeEvent(previous)}`, event.token, [previous.sequence, event.sequence])];
  });
}

function checkAcknowledged(history: IndexedHistory, { registrations, tokens }: LogModel): Violation[] {
  const made = new Map([...registrations.values()].map((registration) => [requestKey(registration), registration]));
  return history.calls.flatMap((call) => {
    if (call.result !== 0) return [];
    const { session, requestId } = (call.requestId === undefined ? history.call(call.ends ?? call.id) : call) ?? {};
    if (requestId === undefined || session === undefined) return [];
    // With its session everything of it is over: it ends by itself, and is expired later.
    if (call.verb === 'unregister' && history.lostAt(call.host, session) <= (call.returnedAt ?? 0)) return [];
    const mistake = mistakeOf(call, made.get(requestKey({ host: call.host, session, requestId })), tokens.get(call.token));
    return mistake === undefined ? [] : [durability(`${describeCall(call)} returned 0, and ${mistake}`, call.token, [], call.returnedAt)];
  });
}

function mistakeOf(call: ClientCall, registration: ModelRegistration | undefined, token: TokenModel | undefined): string | undefined {
  if (registration === undefined || registration.side !== call.side || registration.token !== call.token || registration.participant !== call.participant) return 'the log has no such registration';
  if (call.verb === 'register') return surelyAfter(registration.stored, call.returnedAt) ? `${describeEvent(registration.stored.event)} was stored later` : unsettled(call, registration.stored, token);
  const { ended, expired, result } = registration;
  // A refused newcomer is removed by the event that refuses it.
  if (result !== 0 && result !== undefined) return undefined;
  const end = ended ?? expired;
  if (end === undefined) return `nothing in the log ends ${describeEvent(registration.stored.event)}`;
  return surelyAfter(end, call.returnedAt) ? `${describeEvent(end.event)}, which ends it, was stored later` : unsettled(call, end, token);
}

/** A call resolves when its operation is settled. */
function unsettled(call: ClientCall, { event }: StoredEvent, token: TokenModel | undefined): string | undefined {
  const settledBy = token?.settled.get(event.sequence);
  if (settledBy === undefined) return `the operation of ${describeEvent(event)} is not settled in the log`;
  return surelyAfter(settledBy, call.returnedAt) ? `${describeEvent(settledBy.event)}, which settled it, was stored later` : undefined;
}

function durability(sentence: string, token: string, sequences: readonly number[], at?: Moment): Violation {
  return { checker: 'durability', sentence, token, sequences, at };
}
