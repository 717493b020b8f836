import { describeCall } from '../describe.ts';
import type { ClientCall, Violation } from '../history.ts';
import { laneKey } from '../indexed-history.ts';
import type { IndexedHistory, RegistrationTurn } from '../indexed-history.ts';

const EINVAL = -22;

/**
 * The part of linearizability that is about one participant over all tokens: a second registration is refused with
 * -EINVAL while the first stands, and not otherwise.
 */
export function checkParticipants(history: IndexedHistory): Violation[] {
  /** By participant: earlier registers that may still stand. One that does not at one call stands at none after it. */
  const standing = new Map<string, ClientCall[]>();
  return history.calls.flatMap((call) => {
    if (call.verb !== 'register') return [];
    const key = laneKey(call);
    const earlier = (standing.get(key) ?? []).filter((other) => mayStand(other, call, history));
    standing.set(key, [...earlier, call]);
    return checkRegister(call, earlier, history);
  });
}

/** @param earlier the registers of the participant that may have stood at some moment of the call. */
function checkRegister(call: ClientCall, earlier: readonly ClientCall[], history: IndexedHistory): Violation[] {
  if (call.result === EINVAL) return lacksCallbacks(call) || history.isDriversFailure(call) || earlier.length > 0 ? [] : [violation(call, 'returned -22, and nothing of its participant was registered')];
  if (call.result !== 0) return [];
  const standing = earlier.find((other) => mustStand(other, call, history));
  return standing === undefined ? [] : [violation(call, `returned 0, and ${describeCall(standing)} still stood: it should have been refused with -22`)];
}

function lacksCallbacks({ side, supplied = [] }: ClientCall): boolean {
  return side === 'consumer' && !(supplied.includes('add_producer') && supplied.includes('del_producer'));
}

/** Whether an earlier registration may have stood, or waited to be restored, at some moment of the call. */
function mayStand(earlier: ClientCall, { calledAt }: ClientCall, history: IndexedHistory): boolean {
  if (earlier.returnedAt !== undefined && earlier.result !== 0 && earlier.returnedAt < calledAt) return false;
  if (history.unregistersOf(earlier).some(({ result, returnedAt }) => result === 0 && returnedAt! < calledAt)) return false;
  return !turnsSince(earlier, history).some((turn) => turn.kind === 'registration_lost' && !turn.restoring && turn.at < calledAt);
}

/** Whether an earlier registration stood during all of the call. */
function mustStand(earlier: ClientCall, call: ClientCall, history: IndexedHistory): boolean {
  if (earlier.result !== 0 || earlier.returnedAt! >= call.calledAt) return false;
  if (history.unregistersOf(earlier).some(({ calledAt }) => calledAt <= call.returnedAt!)) return false;
  const last = turnsSince(earlier, history).filter(({ at }) => at <= call.returnedAt!).at(-1);
  return last === undefined || (last.kind === 'registration_restored' && last.at < call.calledAt);
}

/** What became of a registration without a call since it was made. Nothing is said of one that has not returned. */
function turnsSince(earlier: ClientCall, history: IndexedHistory): readonly RegistrationTurn[] {
  const { returnedAt = Infinity, token } = earlier;
  return history.registrationTurnsOf(earlier).filter((turn) => turn.at >= returnedAt && turn.token === token);
}

function violation(call: ClientCall, what: string): Violation {
  return { checker: 'linearizability', sentence: `${describeCall(call)} ${what}`, token: call.token, sequences: [], at: call.returnedAt };
}
