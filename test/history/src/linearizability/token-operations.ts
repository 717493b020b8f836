import { describeCall, describeEvent } from '../describe.ts';
import { earliest } from '../history.ts';
import type { ClientCall, StoredEvent } from '../history.ts';
import { push, requestKey } from '../indexed-history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import type { LogModel } from '../model/log-model.ts';
import type { ModelRegistration } from '../model/token-model.ts';
import type { TokenOperation } from './search.ts';

/** Results that say nothing of the token: bad input, no room, no session, no answer in time. `checkResults` looks at them. */
const SILENT: ReadonlySet<number> = new Set([-22, -12, -19, -110]);
const EBUSY = -16;

/**
 * What happened to each token. Calls that were answered happened somewhere between call and return. What the log holds
 * and no answered call accounts for (an agent that was killed before its answer, an expiry, a registration that the
 * SDK restored) happened when it was stored, or, where the run could not see when, at some time after its registration.
 */
export function tokenOperations(history: IndexedHistory, model: LogModel): Map<string, TokenOperation[]> {
  const operations = new Map<string, TokenOperation[]>();
  const add = (token: string, operation: TokenOperation): void => push(operations, token, operation);
  const claims = new Claims(history, model);
  for (const call of history.calls) {
    const operation = call.verb === 'register' ? registerOperation(call, claims) : unregisterOperation(call, claims);
    if (operation !== undefined) add(call.token, operation);
  }
  for (const registration of model.registrations.values()) {
    for (const operation of storedOperations(registration, claims)) add(registration.token, operation);
  }
  return operations;
}

/** Which registrations and endings of the log answered calls account for. */
class Claims {
  readonly made = new Set<ModelRegistration>();
  readonly ended = new Set<ModelRegistration>();
  private readonly byRequest: ReadonlyMap<string, ModelRegistration>;
  private readonly history: IndexedHistory;

  constructor(history: IndexedHistory, { registrations }: LogModel) {
    this.history = history;
    this.byRequest = new Map([...registrations.values()].map((registration) => [requestKey(registration), registration]));
  }

  /** The registration in the log that a call made, or ended. */
  registrationOf(call: ClientCall): ModelRegistration | undefined {
    const { session, requestId } = (call.requestId === undefined ? this.history.call(call.ends ?? call.id) : call) ?? {};
    return session === undefined || requestId === undefined ? undefined : this.byRequest.get(requestKey({ host: call.host, session, requestId }));
  }

  isDriversFailure(call: ClientCall): boolean {
    return this.history.isDriversFailure(call);
  }

  get requestsRepeated(): boolean {
    return this.history.requestsRepeated;
  }

  /** Whether its session was lost before the call returned: it ended at its agent, and in the log when it was expired. */
  wasLost({ host, session }: ModelRegistration, { returnedAt }: ClientCall): boolean {
    return this.history.lostAt(host, session) <= returnedAt!;
  }
}

function registerOperation(call: ClientCall, claims: Claims): TokenOperation | undefined {
  const { result, side, calledAt, returnedAt } = call;
  if (result === undefined || returnedAt === undefined || SILENT.has(result)) return undefined;
  const common = { side, calledAt, returnedAt, registration: 0, what: `${describeCall(call)} returned ${result}` };
  const isDrivers = claims.isDriversFailure(call);
  // A copy of a request that the manager refused may have come to a callback that returned the same number.
  if (result === EBUSY && isDrivers && claims.requestsRepeated) return undefined;
  if (result === EBUSY && !isDrivers) return { kind: 'refused_busy', ...common };
  if (result !== 0) return { kind: 'refused_by_callback', ...common };
  const registration = claims.registrationOf(call);
  // Without its event it cannot be told apart from others: checker 4 says that it is missing.
  if (registration === undefined) return undefined;
  claims.made.add(registration);
  return { kind: 'registered', ...common, registration: registration.sequence };
}

function unregisterOperation(call: ClientCall, claims: Claims): TokenOperation | undefined {
  const { result, side, calledAt, returnedAt } = call;
  const registration = claims.registrationOf(call);
  if (result !== 0 || returnedAt === undefined || registration === undefined || claims.wasLost(registration, call)) return undefined;
  // One that repeats an unregister of which the caller had given up waiting may find it carried out before.
  if (registration.ended !== undefined && (earliest(registration.ended) ?? calledAt) < calledAt) return undefined;
  claims.ended.add(registration);
  return { kind: 'ended', side, calledAt, returnedAt, registration: registration.sequence, what: `${describeCall(call)} returned 0` };
}

/** What the log alone tells of a registration. */
function storedOperations(registration: ModelRegistration, claims: Claims): TokenOperation[] {
  const { stored, side, sequence: number, result, ended, expired } = registration;
  if (result !== 0) return [];
  const common = { side, registration: number };
  const operations: TokenOperation[] = [];
  if (!claims.made.has(registration)) operations.push({ kind: 'registered', ...common, ...when(stored, stored), what: `${describeEvent(stored.event)} was stored` });
  const ends = [claims.ended.has(registration) && ended !== undefined ? undefined : ended, expired].filter((event) => event !== undefined);
  for (const event of new Set(ends)) operations.push({ kind: 'ended', ...common, ...when(event, stored), what: `${describeEvent(event.event)} was stored` });
  return operations;
}

function when(stored: StoredEvent, registered: StoredEvent): { readonly calledAt: number; readonly returnedAt: number } {
  return { calledAt: earliest(stored) ?? earliest(registered) ?? -Infinity, returnedAt: stored.storedAt ?? Infinity };
}
