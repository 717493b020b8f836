import { describeCall, describeParticipant } from '../describe.ts';
import type { CallbackCall, ClientCall, Moment, Violation } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import { GroupTrack } from './group-track.ts';
import { ParticipantTrack } from './participant-track.ts';

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
  /** Quiesce groups, as `agent group`, that are left stopped. */
  readonly halted: ReadonlySet<string>;
}

/** A register that came to nothing: what may still be called then is what a driver's failure, or a lost caller, leaves open. */
const LEAVES_OPEN: ReadonlySet<number> = new Set([0, -110, -19]);
/** Refusals before any callback: the argument, the token's other holder, the room. */
const CALLS_NOTHING: ReadonlySet<number> = new Set([-22, -16, -12]);

/** Checker 1: for each participant, the order and pairing of its callbacks. */
export function checkCallbacks(history: IndexedHistory): CallbackFindings {
  const { calls, callbacks } = history;
  const violations: Violation[] = [];
  const registers = new Map(calls.filter(({ verb }) => verb === 'register').map((call) => [call.id, call]));
  const tracks = new Map<number, ParticipantTrack>();
  const groups = new Map<string, GroupTrack>();
  /** The newest callback of each participant: two registrations of it may not overlap either. */
  const newest = new Map<string, CallbackCall>();
  for (const callback of callbacks) {
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
    const over = firstEnd(history.unregistersOf(register));
    if (over?.returnedAt !== undefined && (callback.returnedAt ?? Infinity) > over.returnedAt) complain(`although ${describeCall(over)} had resolved${callback.calledAt < over.returnedAt ? ' while it ran' : ''}`);
    const refused = refusalMistake(callback, register, history);
    if (refused !== undefined) complain(refused);
    for (const mistake of groupMistakes(callback, register, groups)) complain(mistake);
  }
  const hung = hungGroups(history);
  const halted = new Set([...groups].filter(([, group]) => group.halted).map(([key]) => key));
  return { violations, halted, left: new Map([...registers.values()].map((register) => [register.id, leftState(register, tracks.get(register.id), hung)])) };
}

/** Quiesce groups, as `agent group`, in which a callback never returned, and since when: whoever is in them waits for it. */
export function hungGroups(history: IndexedHistory): ReadonlyMap<string, Moment> {
  const hung = new Map<string, Moment>();
  for (const { returnedAt, call, agent, calledAt } of history.callbacks) {
    const group = history.call(call)?.group;
    if (returnedAt !== undefined || group === undefined) continue;
    const key = `${agent} ${group}`;
    if (!hung.has(key)) hung.set(key, calledAt);
  }
  return hung;
}

/** The unregister that resolved first. */
function firstEnd(unregisters: readonly ClientCall[]): ClientCall | undefined {
  return unregisters.filter(({ result }) => result === 0).reduce<ClientCall | undefined>((first, call) => (first === undefined || call.returnedAt! < first.returnedAt! ? call : first), undefined);
}

/** A register that was refused called nothing, and one that failed calls nothing any more. */
function refusalMistake({ calledAt, callback }: CallbackCall, register: ClientCall, history: IndexedHistory): string | undefined {
  const { result, returnedAt, group } = register;
  if (result === undefined || LEAVES_OPEN.has(result)) return undefined;
  if (CALLS_NOTHING.has(result) && !history.isDriversFailure(register)) return `although ${describeCall(register)} was refused with ${result}`;
  // Whoever stopped a group starts it when the last has left, however its own connect ended.
  if (group !== undefined && callback === 'start') return undefined;
  return calledAt > returnedAt! ? `after ${describeCall(register)} had returned ${result}` : undefined;
}

/** What halts for one halts for all: while one is added or deleted, somebody's stop must hold, and nobody may start it. */
function groupMistakes(callback: CallbackCall, register: ClientCall, groups: Map<string, GroupTrack>): string[] {
  if (register.group === undefined) return [];
  const key = `${callback.agent} ${register.group}`;
  const group = groups.get(key) ?? new GroupTrack();
  groups.set(key, group);
  return group.take(callback, register.supplied?.includes('stop') === true).map((mistake) => `${mistake}, in quiesce group ${register.group}`);
}

function leftState(register: ClientCall, track: ParticipantTrack | undefined, hung: ReadonlyMap<string, Moment>): LeftState {
  const isHung = track?.last !== undefined && track.last.returnedAt === undefined;
  return { register, added: track?.added ?? false, stopped: track?.stopped ?? false, hung: isHung || hung.has(`${register.agent} ${register.group}`) };
}

function violation({ callback, host, side, participant, token, operationSequence, calledAt }: CallbackCall, mistake: string): Violation {
  return {
    checker: 'callbacks',
    sentence: `${callback} of ${describeParticipant(host, side, participant)} ${token} in operation ${operationSequence} was called ${mistake}`,
    token,
    sequences: [operationSequence],
    at: calledAt,
  };
}
