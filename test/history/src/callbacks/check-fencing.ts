import { describeEvent, describeParticipant } from '../describe.ts';
import { earliest } from '../history.ts';
import type { CallbackCall, ClientTurn, Moment, Violation } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import type { LogModel } from '../model/log-model.ts';
import type { ModelRegistration } from '../model/token-model.ts';
import { hungGroups } from './check-callbacks.ts';
import { isAdd, isDel } from './participant-track.ts';

/**
 * Checker 1, across hosts: when the log takes a registration for gone because its lease ran out, its agent has torn it
 * down before and adds nothing any more. Nothing is said of sessions whose agent could not keep the time between their
 * opening and that expiry: it was killed or stood still, the session was evicted while it renewed, or a callback of the
 * participant, or of its quiesce group, hung.
 */
export function checkFencing(history: IndexedHistory, { registrations }: LogModel): Violation[] {
  const openedBy = new Map(history.turns.flatMap((turn) => (turn.kind === 'opened' ? [[`${turn.host} ${turn.session}`, turn] as const] : [])));
  const hung = hungGroups(history);
  const violations: Violation[] = [];
  for (const registration of registrations.values()) {
    const { host, session, side, participant, token, expired, callbacks: supplied } = registration;
    const opened = openedBy.get(`${host} ${session}`);
    const goneAt = expired === undefined ? undefined : earliest(expired);
    if (expired === undefined || goneAt === undefined || opened === undefined || reasonOf(registration) !== 'session_expired') continue;
    // Nothing undoes what has no del.
    if (!supplied.some(isDel)) continue;
    const expiredAt = expired.storedAt ?? Infinity;
    if (history.evictedAt(host, session) < Infinity || stoodStill(history.turnsOf(opened.agent), opened.at, expiredAt) || (hung.get(`${opened.agent} ${registration.group}`) ?? Infinity) < expiredAt) continue;
    const registeredAt = earliest(registration.stored) ?? Infinity;
    const own = history.callbacksOf({ agent: opened.agent, side, participant }).filter((call) => call.token === token && call.calledAt > registeredAt);
    const mistake = mistakeAt(own, goneAt, nextOpening(history.turnsOf(opened.agent), opened));
    if (mistake === undefined) continue;
    violations.push({
      checker: 'callbacks',
      sentence: `${mistake} ${describeParticipant(host, side, participant)} ${token} when ${describeEvent(expired.event)} took it for gone`,
      token,
      sequences: [registration.sequence, expired.event.sequence],
    });
  }
  return violations;
}

function reasonOf({ expired }: ModelRegistration): string | undefined {
  const body = expired?.event.body;
  return body !== undefined && 'reason' in body ? body.reason : undefined;
}

/** Whether the agent was killed or paused between two moments. */
function stoodStill(turns: readonly ClientTurn[], from: Moment, until: Moment): boolean {
  return turns.some(({ kind, at }) => (kind === 'killed' || kind === 'paused') && at >= from && at <= until);
}

/** When the same agent opened its next session: what is called from then on belongs to that. */
function nextOpening(turns: readonly ClientTurn[], opened: ClientTurn): Moment {
  return turns.find((turn) => turn.kind === 'opened' && turn.at > opened.at)?.at ?? Infinity;
}

/** What was still so when the registration was taken for gone, as a sentence's beginning. */
function mistakeAt(own: readonly CallbackCall[], goneAt: Moment, until: Moment): string | undefined {
  const at = Math.min(goneAt, until);
  if (own.some(({ returnedAt }) => returnedAt === undefined)) return undefined;
  const running = own.find(({ calledAt, returnedAt }) => calledAt < at && returnedAt! >= at);
  // The teardown may take its time; what it tears down may not be begun so late.
  if (running !== undefined) return isAdd(running.callback) ? 'still being added was' : undefined;
  const last = own.filter(({ callback, result, calledAt }) => calledAt < at && ((isAdd(callback) && result === 0) || isDel(callback))).at(-1);
  if (last !== undefined && isAdd(last.callback)) return 'still added was';
  return own.some(({ callback, calledAt }) => isAdd(callback) && calledAt >= at && calledAt < until) ? 'still to be added was' : undefined;
}
