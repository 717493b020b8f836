import { describeEvent, describeParticipant } from '../describe.ts';
import { earliest } from '../history.ts';
import type { CallbackCall, ClientTurn, History, Moment, Violation } from '../history.ts';
import type { LogModel } from '../model/log-model.ts';
import type { ModelRegistration } from '../model/token-model.ts';
import { hungGroups } from './check-callbacks.ts';
import { isAdd, isDel } from './participant-track.ts';

/**
 * Checker 1, across hosts: when the log takes a registration for gone because its lease ran out, its agent has torn it
 * down before and adds nothing any more. Nothing is said of agents that could not keep the time: those that were
 * killed or stood still, whose session was evicted while it renewed, or of which (or of whose quiesce group) a callback hung.
 */
export function checkFencing({ calls, callbacks, turns }: History, { registrations }: LogModel): Violation[] {
  const excused = excuses(turns);
  const openedBy = new Map(turns.flatMap((turn) => (turn.kind === 'opened' ? [[`${turn.host} ${turn.session}`, turn] as const] : [])));
  const hung = hungGroups(callbacks, new Map(calls.map((call) => [call.id, call])));
  const violations: Violation[] = [];
  for (const registration of registrations.values()) {
    const { host, session, side, participant, token, expired, callbacks: supplied } = registration;
    const opened = openedBy.get(`${host} ${session}`);
    const goneAt = expired === undefined ? undefined : earliest(expired);
    if (expired === undefined || goneAt === undefined || opened === undefined || reasonOf(registration) !== 'session_expired') continue;
    // Nothing undoes what has no del.
    if (!supplied.some(isDel)) continue;
    if (excused.has(opened.agent) || excused.has(session) || hung.has(`${opened.agent} ${registration.group}`)) continue;
    const registeredAt = earliest(registration.stored) ?? Infinity;
    const own = callbacks.filter((call) => call.agent === opened.agent && call.side === side && call.participant === participant && call.token === token && call.calledAt > registeredAt);
    const mistake = mistakeAt(own, goneAt, nextOpening(turns, opened));
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

/** Agents that were killed or paused, and sessions that were evicted. */
function excuses(turns: readonly ClientTurn[]): ReadonlySet<string> {
  return new Set(turns.flatMap((turn) => (turn.kind === 'killed' || turn.kind === 'paused' ? [turn.agent] : turn.kind === 'evicted' ? [turn.session] : [])));
}

/** When the same agent opened its next session: what is called from then on belongs to that. */
function nextOpening(turns: readonly ClientTurn[], opened: ClientTurn): Moment {
  return turns.find((turn) => turn.kind === 'opened' && turn.agent === opened.agent && turn.at > opened.at)?.at ?? Infinity;
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
