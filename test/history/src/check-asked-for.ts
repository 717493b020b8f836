import { describeEvent, describeParticipant } from './describe.ts';
import { earliest } from './history.ts';
import type { ClientCall, Moment, Violation } from './history.ts';
import type { IndexedHistory } from './indexed-history.ts';
import type { LogModel } from './model/log-model.ts';
import type { ModelRegistration } from './model/token-model.ts';

const EINVAL = -22;
/** The caller gave up waiting, or its session was lost: what became of the request it does not know. */
const ETIMEDOUT = -110;
const ENODEV = -19;
/** After these, and where an argument is wrong, an earlier request of the participant may be under way still. */
const UNANSWERED: ReadonlySet<number> = new Set([ETIMEDOUT, ENODEV, EINVAL]);

/** What clients did in the log somebody had asked for, and had not been refused or given up before. */
export function checkAskedFor(history: IndexedHistory, { registrations }: LogModel): Violation[] {
  return [...registrations.values()].flatMap((registration) => [...checkRegistered(registration, history), ...checkEnded(registration, history)]);
}

/** Where the network repeats requests, a late copy may be stored after all: nobody is told of it, and it ends disowned or expired. */
function checkRegistered(registration: ModelRegistration, history: IndexedHistory): Violation[] {
  const { stored, expired } = registration;
  const { storedAt } = stored;
  if (storedAt === undefined || history.wasTold(registration)) return [];
  const own = history.registersAt(registration);
  if (own.some((call) => asksFor(call, registration, history))) return [];
  if (history.requestsRepeated && expired !== undefined && own.some(({ calledAt }) => calledAt <= storedAt)) return [];
  return [violation(registration, `${describeEvent(stored.event)} registers what nobody asked for then: ${whose(registration)} had been refused before, or had given up`)];
}

function asksFor(call: ClientCall, { result, stored }: ModelRegistration, history: IndexedHistory): boolean {
  if (stored.storedAt! < call.calledAt) return false;
  const storedFrom = earliest(stored)!;
  // Restored under a later session by the SDK itself.
  if (call.result === 0) return isRestored(call, stored.storedAt!, history);
  if (call.result === undefined || call.result === ETIMEDOUT || call.result === ENODEV) return storedFrom <= lastAttemptAt(call, history);
  return storedFrom <= call.returnedAt! && result === call.result;
}

function isRestored(call: ClientCall, storedAt: Moment, history: IndexedHistory): boolean {
  return history.registrationTurnsOf(call).some((turn) => turn.kind === 'registration_lost' && turn.restoring && turn.token === call.token && turn.at < storedAt);
}

/** An unregister was called by then, or the SDK undid a register whose caller had given up. */
function checkEnded(registration: ModelRegistration, history: IndexedHistory): Violation[] {
  const { ended } = registration;
  if (ended?.storedAt === undefined) return [];
  const { storedAt } = ended;
  const storedFrom = earliest(ended)!;
  const own = history.registersAt(registration).filter(({ calledAt }) => calledAt <= storedAt);
  const isAsked = own.some((register) => {
    if (register.result === ETIMEDOUT && storedFrom <= lastAttemptAt(register, history)) return true;
    return history.unregistersOf(register).some((call) => call.calledAt <= storedAt && storedFrom <= late(call.returnedAt ?? killedAt(call, history), history));
  });
  return isAsked ? [] : [violation(registration, `${describeEvent(ended.event)} unregisters ${whose(registration)}, and nobody had asked for that then`)];
}

/**
 * Until when a register that has no answer can be stored: for as long as its last attempt lives. After its caller gave
 * up the SDK goes on by itself, until the session is lost, the agent is killed, or it has its answer; not before that
 * does it carry out the participant's next register.
 */
function lastAttemptAt(call: ClientCall, history: IndexedHistory): Moment {
  const { id, agent, calledAt, returnedAt, result } = call;
  const next = history.registersOf(call).find((other) => other.id > id && other.result !== undefined && !UNANSWERED.has(other.result));
  const lost = history.turnsOf(agent).find(({ kind, at }) => kind === 'lost' && at >= calledAt);
  return late(Math.min(result === ENODEV ? returnedAt! : Infinity, next?.returnedAt ?? Infinity, lost?.at ?? Infinity, killedAt(call, history)), history);
}

function killedAt({ agent }: ClientCall, history: IndexedHistory): Moment {
  return history.turnsOf(agent).find(({ kind }) => kind === 'killed')?.at ?? Infinity;
}

/** Until when something that was given up at a moment may still be stored. */
function late(givenUpAt: Moment, { timing }: IndexedHistory): Moment {
  return givenUpAt + (timing?.storedLateMs ?? Infinity) * 1_000;
}

function whose({ host, side, participant }: ModelRegistration): string {
  return describeParticipant(host, side, participant);
}

function violation({ token, sequence }: ModelRegistration, sentence: string): Violation {
  return { checker: 'durability', sentence, token, sequences: [sequence] };
}
