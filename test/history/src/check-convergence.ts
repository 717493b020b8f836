import { hungGroups } from './callbacks/check-callbacks.ts';
import type { CallbackFindings, LeftState } from './callbacks/check-callbacks.ts';
import { describeCall, describeParticipant } from './describe.ts';
import type { ClientCall, Violation } from './history.ts';
import type { IndexedHistory } from './indexed-history.ts';
import type { LogModel } from './model/log-model.ts';
import type { ModelRegistration, TokenModel } from './model/token-model.ts';

/**
 * Checker 5, as far as a history tells: at rest no operation is open, every token with both sides is connected, what
 * stands in the log is what its clients hold, each participant is left as the log says, and no group stopped. That the services' folds are
 * equal, the run itself compares.
 */
export function checkConvergence(history: IndexedHistory, model: LogModel, { left, halted }: Pick<CallbackFindings, 'left' | 'halted'>): Violation[] {
  return [...[...model.tokens.values()].flatMap(checkToken), ...checkStanding(history, model, left), ...checkGroups(history, halted)];
}

function checkToken({ token, holders, connected, open }: TokenModel): Violation[] {
  if (open.length > 0) return [convergence(`operation ${open[0]} of ${token} is still open at rest`, token, open)];
  const { producer, consumer } = holders;
  if (producer === undefined || consumer === undefined || connected) return [];
  return [convergence(`${token} has a producer and a consumer, and they are not connected`, token, [producer.sequence, consumer.sequence])];
}

function checkStanding(history: IndexedHistory, { tokens }: LogModel, left: ReadonlyMap<number, LeftState>): Violation[] {
  const violations: Violation[] = [];
  const claimed = new Set<ModelRegistration>();
  for (const { call, surely } of heldCalls(history)) {
    const token = tokens.get(call.token);
    const holder = token?.holders[call.side];
    if (holder === undefined || holder.host !== call.host || holder.participant !== call.participant) {
      // While a callback hangs, nothing of its participant is restored.
      if (surely && left.get(call.id)?.hung !== true) violations.push(convergence(`${describeCall(call)} returned 0 and still holds for its client, and the log has no such registration any more`, call.token, []));
      continue;
    }
    claimed.add(holder);
    violations.push(...checkLeft(call, token!, left.get(call.id)));
  }
  for (const { holders, token } of tokens.values()) {
    for (const holder of [holders.producer, holders.consumer]) {
      if (holder === undefined || claimed.has(holder)) continue;
      violations.push(convergence(`${describeParticipant(holder.host, holder.side, holder.participant)} is registered in the log at rest, and no client holds it`, token, [holder.sequence]));
    }
  }
  for (const state of left.values()) violations.push(...checkEnded(state, history));
  return violations;
}

/**
 * Register calls that returned 0 and whose registration nothing has ended, as their clients know. Not `surely` where
 * an unregister was asked for and its caller gave up waiting: it may stand, or have ended since.
 */
function heldCalls(history: IndexedHistory): { readonly call: ClientCall; readonly surely: boolean }[] {
  return history.calls.flatMap((call) => {
    if (call.verb !== 'register' || call.result !== 0 || history.wasKilled(call.agent)) return [];
    const unregisters = history.unregistersOf(call);
    if (unregisters.some(({ result }) => result === 0) || isFollowed(call, history) || isLost(call, history)) return [];
    return [{ call, surely: unregisters.length === 0 }];
  });
}

/** Whether a later registration of the participant was made: then this one is over. */
function isFollowed(call: ClientCall, history: IndexedHistory): boolean {
  return history.registersOf(call).some(({ id, result }) => id > call.id && result === 0);
}

/** Whether its client was told that it is over for good; a later registration of the participant has losses of its own. */
function isLost(call: ClientCall, history: IndexedHistory): boolean {
  const next = history.registersOf(call).find(({ id, result }) => id > call.id && result === 0);
  return history
    .registrationTurnsOf(call)
    .some((turn) => turn.kind === 'registration_lost' && !turn.restoring && turn.token === call.token && turn.at >= (call.returnedAt ?? Infinity) && turn.at < (next?.returnedAt ?? Infinity));
}

/** A participant that holds is connected if the log says so, and not otherwise; it is never left stopped. */
function checkLeft(call: ClientCall, { connected }: TokenModel, state: LeftState | undefined): Violation[] {
  const what = describeParticipant(call.host, call.side, call.participant);
  const supplied = call.supplied ?? [];
  if (state?.hung === true) return [];
  const del = call.side === 'producer' ? 'del_consumer' : 'del_producer';
  const add = call.side === 'producer' ? 'add_consumer' : 'add_producer';
  const violations: Violation[] = [];
  if (supplied.includes(add) && supplied.includes(del) && (state?.added ?? false) !== connected) {
    violations.push(convergence(`${what} ${call.token} is ${connected ? 'connected in the log, and was not added' : 'not connected in the log, and is still added'}`, call.token, []));
  }
  return violations;
}

/** Whatever became of a registration, its agent does not leave it stopped, nor added once it is over. */
function checkEnded({ register, added, stopped, hung }: LeftState, history: IndexedHistory): Violation[] {
  if (hung || history.wasKilled(register.agent)) return [];
  const what = `${describeParticipant(register.host, register.side, register.participant)} ${register.token}`;
  const violations: Violation[] = [];
  if (stopped && register.group === undefined && register.supplied?.includes('start') === true) violations.push(convergence(`${what} is left stopped`, register.token, []));
  const { result } = register;
  const isOver = (result !== undefined && result !== 0) || history.unregistersOf(register).some((call) => call.result === 0) || isLost(register, history);
  if (added && isOver) violations.push(convergence(`${what} is over, and left added`, register.token, []));
  return violations;
}

/** What a quiesce group halts runs again, unless its agent was killed or a callback in it hangs. */
function checkGroups(history: IndexedHistory, halted: ReadonlySet<string>): Violation[] {
  const hung = hungGroups(history);
  return [...halted].flatMap((key) => {
    const agent = key.slice(0, key.indexOf(' '));
    if (history.wasKilled(agent) || hung.has(key)) return [];
    return [{ checker: 'convergence', sentence: `quiesce group ${key.slice(agent.length + 1)} of ${agent} is left stopped`, sequences: [] } satisfies Violation];
  });
}

function convergence(sentence: string, token: string, sequences: readonly number[]): Violation {
  return { checker: 'convergence', sentence, token, sequences };
}
