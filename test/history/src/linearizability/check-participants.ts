import { describeCall } from '../describe.ts';
import type { ClientCall, ClientTurn, History, Violation } from '../history.ts';

const EINVAL = -22;

/**
 * The part of linearizability that is about one participant over all tokens: a second registration is refused with
 * -EINVAL while the first stands, and not otherwise.
 */
export function checkParticipants({ calls, turns }: History): Violation[] {
  const registers = new Map<string, ClientCall[]>();
  for (const call of calls) if (call.verb === 'register') registers.set(keyOf(call), [...(registers.get(keyOf(call)) ?? []), call]);
  const unregisters = calls.filter(({ verb }) => verb === 'unregister');
  return [...registers.values()].flatMap((own) => own.flatMap((call) => checkRegister(call, own, unregisters, turns)));
}

function checkRegister(call: ClientCall, own: readonly ClientCall[], unregisters: readonly ClientCall[], turns: readonly ClientTurn[]): Violation[] {
  const earlier = own.filter(({ id }) => id < call.id);
  if (call.result === EINVAL) {
    if (lacksCallbacks(call) || earlier.some((other) => mayStand(other, call, unregisters))) return [];
    return [violation(call, 'returned -22, and nothing of its participant was registered')];
  }
  if (call.result !== 0) return [];
  const standing = earlier.find((other) => mustStand(other, call, unregisters, turns));
  return standing === undefined ? [] : [violation(call, `returned 0, and ${describeCall(standing)} still stood: it should have been refused with -22`)];
}

function lacksCallbacks({ side, supplied = [] }: ClientCall): boolean {
  return side === 'consumer' && !(supplied.includes('add_producer') && supplied.includes('del_producer'));
}

/** Whether an earlier registration may have stood at some moment of the call. */
function mayStand(earlier: ClientCall, { calledAt }: ClientCall, unregisters: readonly ClientCall[]): boolean {
  if (earlier.returnedAt !== undefined && earlier.result !== 0 && earlier.returnedAt < calledAt) return false;
  return !unregisters.some(({ ends, result, returnedAt }) => ends === earlier.id && result === 0 && returnedAt! < calledAt);
}

/** Whether an earlier registration stood during all of the call. */
function mustStand(earlier: ClientCall, call: ClientCall, unregisters: readonly ClientCall[], turns: readonly ClientTurn[]): boolean {
  if (earlier.result !== 0 || earlier.returnedAt! >= call.calledAt) return false;
  if (unregisters.some(({ ends, calledAt }) => ends === earlier.id && calledAt <= call.returnedAt!)) return false;
  return !turns.some((turn) => turn.kind === 'registration_lost' && turn.agent === call.agent && turn.side === call.side && turn.participant === call.participant && turn.at >= earlier.returnedAt! && turn.at <= call.returnedAt!);
}

function keyOf({ agent, side, participant }: ClientCall): string {
  return `${agent} ${side} ${participant}`;
}

function violation(call: ClientCall, what: string): Violation {
  return { checker: 'linearizability', sentence: `${describeCall(call)} ${what}`, token: call.token, sequences: [] };
}
