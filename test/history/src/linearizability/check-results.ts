import { describeCall } from '../describe.ts';
import { msBetween } from '../history.ts';
import type { ClientCall, Violation } from '../history.ts';
import { push, surelyAfter } from '../indexed-history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import type { LogModel } from '../model/log-model.ts';
import type { ModelRegistration } from '../model/token-model.ts';

const ENOMEM = -12;
const EBUSY = -16;
const ENODEV = -19;
const EINVAL = -22;
const ETIMEDOUT = -110;

/**
 * The part of linearizability that is about results other than 0: none is made up. -EBUSY is judged by the search,
 * -EINVAL by `checkParticipants`.
 */
export function checkResults(history: IndexedHistory, { registrations, tokens }: LogModel): Violation[] {
  const failed = new Map<string, ModelRegistration[]>();
  for (const registration of registrations.values()) if (registration.result !== 0) push(failed, placeOf(registration), registration);
  return history.calls.flatMap((call) => {
    const mistake = call.result === undefined || call.result === 0 ? undefined : mistakeOf(call, history, (failed.get(placeOf(call)) ?? []).filter((registration) => isWithin(call, registration, tokens)));
    return mistake === undefined ? [] : [{ checker: 'linearizability', sentence: `${describeCall(call)} returned ${call.result}, and ${mistake}`, token: call.token, sequences: [], at: call.returnedAt } satisfies Violation];
  });
}

/** @param failed registrations of the participant with the token that came to nothing in the log meanwhile. */
function mistakeOf(call: ClientCall, history: IndexedHistory, failed: readonly ModelRegistration[]): string | undefined {
  const { result } = call;
  if (call.verb === 'unregister') return result === ETIMEDOUT ? patienceMistake(call, history) : 'an unregister returns nothing: it is done, or its caller gives up';
  if (result === EINVAL || result === EBUSY || history.isDriversFailure(call)) return undefined;
  if (result === ENOMEM) return history.limitsInReach ? undefined : 'no limit of the services was in reach';
  if (failed.some((registration) => registration.result === result)) return undefined;
  if (result === ENODEV) return sessionMistake(call, history);
  if (result === ETIMEDOUT) return patienceMistake(call, history);
  return 'the log has no registration that failed so';
}

/** Whether a registration may have been stored, and settled, while the call lasted. */
function isWithin({ calledAt, returnedAt }: ClientCall, { stored, sequence, token }: ModelRegistration, tokens: LogModel['tokens']): boolean {
  const settledBy = tokens.get(token)?.settled.get(sequence);
  return (stored.storedAt ?? Infinity) >= calledAt && settledBy !== undefined && !surelyAfter(settledBy, returnedAt);
}

/** Its caller gives up when it has waited for so long, and not before. */
function patienceMistake({ host, calledAt, returnedAt }: ClientCall, { timing }: IndexedHistory): string | undefined {
  const timeoutMs = timing?.requestTimeoutMs[host];
  if (timing === undefined || timeoutMs === undefined) return undefined;
  const tookMs = msBetween(calledAt, returnedAt!);
  return tookMs >= timeoutMs - timing.slackMs ? undefined : `its caller had waited for ${Math.round(tookMs)} ms of ${timeoutMs} ms`;
}

/**
 * Its agent lost its session meanwhile, or had lost it before and had not opened another one since. A session that is
 * evicted the registries know to be over before its agent does.
 */
function sessionMistake({ agent, host, calledAt, returnedAt }: ClientCall, history: IndexedHistory): string | undefined {
  const turns = history.turnsOf(agent).filter(({ at }) => at <= returnedAt!);
  const last = turns.findLast(({ kind }) => kind === 'lost' || kind === 'opened');
  const isWithout = last?.kind === 'lost' || turns.some(({ kind, at }) => kind === 'lost' && at >= calledAt);
  if (isWithout || (last?.kind === 'opened' && history.evictedAt(host, last.session) <= returnedAt!)) return undefined;
  return 'its agent had lost no session';
}

function placeOf({ host, side, participant, token }: Pick<ClientCall, 'host' | 'side' | 'participant' | 'token'>): string {
  return `${host} ${side} ${participant} ${token}`;
}
