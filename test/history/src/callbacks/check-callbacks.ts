import { describeCall, describeParticipant } from '../describe.ts';
import type { CallbackCall, ClientCall, History, Violation } from '../history.ts';
import { GroupTrack } from './group-track.ts';
import { isAdd, isDel, ParticipantTrack } from './participant-track.ts';

/** The state that a run left a registration's callbacks in. */
export interface LeftState {
  readonly register: ClientCall;
  readonly added: boolean;
  readonly stopped: boolean;
  /** A callback of it, or of its quiesce group, never returned: nothing more can be said. */
  readonly hung: boolean;
}

/** What checker 1 finds, and the state in which it leaves each registration. */
export interface CallbackFindings {
  readonly violations: readonly Violation[];
  readonly left: ReadonlyMap<number, LeftState>;
}

/** Checker 1: for each participant, the order and pairing of its callbacks. */
export function checkCallbacks({ calls, callbacks }: History): CallbackFindings {
  const violations: Violation[] = [];
  const registers = new Map(calls.filter(({ verb }) => verb === 'register').map((call) => [call.id, call]));
  const ends = endings(calls);
  const tracks = new Map<number, ParticipantTrack>();
  const groups = new Map<string, GroupTrack>();
  /** The newest callback of each participant: two registrations of it may not overlap either. */
  const newest = new Map<string, CallbackCall>();
  for (const callback of [...callbacks].sort((a, b) => a.calledAt - b.calledAt)) {
    const register = registers.get(callback.call);
    const complain = (mistake: string): void => void violations.push(violation(callback, mistake));
    if (register === undefined || register.agent !== callback.agent) {
      complain('for a registration that this run of its agent never asked for');
      continue;
    }
    const track = tracks.get(register.id) ?? new ParticipantTrack(register);
    tracks.set(register.id, track);
    for (const mistake of track.take(callback)) complain(mistake);
    const key = `${callback.agent} ${callback.side} ${callback.participant}`;
    const before = newest.get(key);
    if (before !== undefined && before.call !== callback.call && !(before.returnedAt !== undefined && before.returnedAt <= callback.calledAt)) complain(`while ${before.callback} of its earlier registration had not returned`);
    newest.set(key, callback);
    const over = ends.get(register.id);
    if (over?.returnedAt !== undefined && (callback.returnedAt ?? Infinity) > over.returnedAt) complain(`although ${describeCall(over)} had resolved${callback.calledAt < over.returnedAt ? ' while it ran' : ''}`);
    const mistake = groupMistake(callback, register, groups);
    if (mistake !== undefined) complain(mistake);
  }
  const hung = hungGroups(callbacks, registers);
  return { violations, left: new Map([...registers.values()].map((register) => [register.id, leftState(register, tracks.get(register.id), hung)])) };
}

/** Quiesce groups, as `agent group`, in which a callback never returned: whoever is in them waits for it. */
export function hungGroups(callbacks: readonly CallbackCall[], registers: ReadonlyMap<number, ClientCall>): ReadonlySet<string> {
  return new Set(callbacks.flatMap(({ returnedAt, call, agent }) => {
    const group = registers.get(call)?.group;
    return returnedAt === undefined && group !== undefined ? [`${agent} ${group}`] : [];
  }));
}

/** By register call: the unregister that resolved for it. */
function endings(calls: readonly ClientCall[]): Map<number, ClientCall> {
  return new Map(calls.filter(({ verb, result, ends }) => verb === 'unregister' && result === 0 && ends !== undefined).map((call) => [call.ends!, call]));
}

/** What halts for one halts for all: while one is added or deleted, somebody's stop must hold. */
function groupMistake(callback: CallbackCall, register: ClientCall, groups: Map<string, GroupTrack>): string | undefined {
  if (register.group === undefined) return undefined;
  const key = `${callback.agent} ${register.group}`;
  const group = groups.get(key) ?? new GroupTrack();
  groups.set(key, group);
  group.take(callback);
  const isHalting = register.supplied?.includes('stop') === true;
  return isHalting && !group.halted && (isAdd(callback.callback) || isDel(callback.callback)) ? `while its quiesce group ${register.group} was not stopped` : undefined;
}

function leftState(register: ClientCall, track: ParticipantTrack | undefined, hung: ReadonlySet<string>): LeftState {
  const isHung = track?.last !== undefined && track.last.returnedAt === undefined;
  return { register, added: track?.added ?? false, stopped: track?.stopped ?? false, hung: isHung || hung.has(`${register.agent} ${register.group}`) };
}

function violation({ callback, host, side, participant, token, operationSequence }: CallbackCall, mistake: string): Violation {
  return {
    checker: 'callbacks',
    sentence: `${callback} of ${describeParticipant(host, side, participant)} ${token} in operation ${operationSequence} was called ${mistake}`,
    token,
    sequences: [operationSequence],
  };
}
