import type { LogEvent } from '@irqmesh/domain';
import { describeCall, describeEvent, describeParticipant } from './describe.ts';
import { earliest } from './history.ts';
import type { ClientCall, ClientTurn, History, StoredEvent, Violation } from './history.ts';
import type { LogModel } from './model/log-model.ts';
import type { ModelRegistration } from './model/token-model.ts';

/** The caller gave up waiting, or its session was lost: what became of the request it does not know. */
const ETIMEDOUT = -110;
const ENODEV = -19;

/** Checker 4: what was acknowledged stands in the log, and nothing stands there twice. */
export function checkDurability(history: History, model: LogModel): Violation[] {
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

function checkAcknowledged({ calls, turns }: History, { registrations }: LogModel): Violation[] {
  const made = new Map([...registrations.values()].map((registration) => [`${registration.host} ${registration.session} ${registration.requestId}`, registration]));
  const registers = new Map(calls.map((call) => [call.id, call]));
  const lostAt = new Map(turns.flatMap((turn) => (turn.kind === 'lost' ? [[`${turn.host} ${turn.session}`, turn.at] as const] : [])));
  return calls.flatMap((call) => {
    if (call.result !== 0) return [];
    const from = call.requestId === undefined ? registers.get(call.ends ?? call.id) : call;
    if (from?.requestId === undefined || from.session === undefined) return [];
    // With its session everything of it is over: it ends by itself, and is expired later.
    if (call.verb === 'unregister' && (lostAt.get(`${call.host} ${from.session}`) ?? Infinity) <= (call.returnedAt ?? 0)) return [];
    const mistake = mistakeOf(call, made.get(`${call.host} ${from.session} ${from.requestId}`));
    return mistake === undefined ? [] : [durability(`${describeCall(call)} returned 0, and ${mistake}`, call.token, [])];
  });
}

function mistakeOf(call: ClientCall, registration: ModelRegistration | undefined): string | undefined {
  if (registration === undefined || registration.side !== call.side || registration.token !== call.token || registration.participant !== call.participant) return 'the log has no such registration';
  if (call.verb === 'register') return isLate(call, registration.stored) ? `${describeEvent(registration.stored.event)} was stored later` : undefined;
  const { ended, expired, result } = registration;
  // A refused newcomer is removed by the event that refuses it.
  if (result !== 0 && result !== undefined) return undefined;
  const end = ended ?? expired;
  if (end === undefined) return `nothing in the log ends ${describeEvent(registration.stored.event)}`;
  return isLate(call, end) ? `${describeEvent(end.event)}, which ends it, was stored later` : undefined;
}

/** What was registered somebody had asked for, and had not been refused before. */
function checkAskedFor({ calls, turns, requestsRepeated }: History, { registrations }: LogModel): Violation[] {
  if (requestsRepeated) return [];
  return [...registrations.values()].flatMap((registration) => {
    const { stored, host, side, participant, token } = registration;
    const own = calls.filter((call) => call.verb === 'register' && call.host === host && call.side === side && call.participant === participant && call.token === token);
    if (stored.storedAt === undefined || own.some((call) => asksFor(call, registration, turns))) return [];
    return [durability(`${describeEvent(stored.event)} registers what nobody asked for then: ${describeParticipant(host, side, participant)} had been refused before`, token, [registration.sequence])];
  });
}

function asksFor(call: ClientCall, { requestId, result, stored }: ModelRegistration, turns: readonly ClientTurn[]): boolean {
  if (call.requestId === requestId) return true;
  const storedAt = stored.storedAt ?? Infinity;
  if (storedAt < call.calledAt) return false;
  // Restored under a later session by the SDK itself.
  if (call.result === 0) return turns.some((turn) => turn.kind === 'registration_lost' && turn.restoring && turn.agent === call.agent && turn.side === call.side && turn.participant === call.participant && turn.at < storedAt);
  if (call.result === undefined || call.result === ETIMEDOUT || call.result === ENODEV) return true;
  return earliest(stored)! <= call.returnedAt! && result === call.result;
}

function isLate({ returnedAt }: ClientCall, stored: StoredEvent): boolean {
  const storedFrom = earliest(stored);
  return storedFrom !== undefined && returnedAt !== undefined && storedFrom > returnedAt;
}

function durability(sentence: string, token: string, sequences: readonly number[]): Violation {
  return { checker: 'durability', sentence, token, sequences };
}
