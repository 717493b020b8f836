import type { Side } from '@irqmesh/domain';
import { driverFailures } from './driver-failures.ts';
import { earliest } from './history.ts';
import type { CallbackCall, ClientCall, ClientTurn, History, Incarnation, Moment, StoredEvent, Timing } from './history.ts';

/** A participant in one run of its agent. */
interface Lane {
  readonly agent: Incarnation;
  readonly side: Side;
  readonly participant: string;
}

/** A participant and a token, in whichever run of its agent. */
interface Place {
  readonly host: string;
  readonly side: Side;
  readonly participant: string;
  readonly token: string;
}

/** A turn that is about one registration. */
export type RegistrationTurn = Extract<ClientTurn, { readonly kind: 'registration_lost' | 'registration_restored' }>;

/** A history in which what the checkers look for is found by key: a chaos run has tens of thousands of calls. */
export class IndexedHistory implements History {
  readonly calls: readonly ClientCall[];
  readonly callbacks: readonly CallbackCall[];
  readonly turns: readonly ClientTurn[];
  readonly log: readonly StoredEvent[];
  readonly requestsRepeated: boolean;
  readonly limitsInReach: boolean;
  readonly timing: Timing | undefined;
  private readonly told = new Set<string>();
  private readonly byId = new Map<number, ClientCall>();
  private readonly driverFailures: ReadonlySet<number>;
  private readonly byLane = new Map<string, ClientCall[]>();
  private readonly byPlace = new Map<string, ClientCall[]>();
  private readonly byEnded = new Map<number, ClientCall[]>();
  private readonly callbacksByLane = new Map<string, CallbackCall[]>();
  private readonly turnsByAgent = new Map<string, ClientTurn[]>();
  private readonly turnsByLane = new Map<string, RegistrationTurn[]>();
  private readonly evictions = new Map<string, Moment>();
  private readonly killed = new Set<Incarnation>();
  private readonly losses = new Map<string, Moment>();

  constructor({ calls, callbacks, turns, log, requestsRepeated, limitsInReach = false, timing }: History) {
    this.calls = calls;
    this.callbacks = [...callbacks].sort((a, b) => a.calledAt - b.calledAt);
    this.turns = [...turns].sort((a, b) => a.at - b.at);
    this.log = log;
    this.requestsRepeated = requestsRepeated;
    this.limitsInReach = limitsInReach;
    this.timing = timing;
    this.driverFailures = driverFailures({ calls, log });
    for (const call of calls) this.addCall(call);
    for (const callback of this.callbacks) push(this.callbacksByLane, laneKey(callback), callback);
    for (const turn of this.turns) this.addTurn(turn);
  }

  call(id: number): ClientCall | undefined {
    return this.byId.get(id);
  }

  /** Whether the result of a register was a callback's, according to the log. */
  isDriversFailure({ id }: ClientCall): boolean {
    return this.driverFailures.has(id);
  }

  /** The registers of a participant in one run of its agent, in the order of their calls. */
  registersOf(lane: Lane): readonly ClientCall[] {
    return this.byLane.get(laneKey(lane)) ?? [];
  }

  /** The registers of a participant with a token, in all runs of its agent. */
  registersAt(place: Place): readonly ClientCall[] {
    return this.byPlace.get(placeKey(place)) ?? [];
  }

  /** The unregisters of what a register call made. */
  unregistersOf({ id }: ClientCall): readonly ClientCall[] {
    return this.byEnded.get(id) ?? [];
  }

  /** The callbacks of a participant in one run of its agent, in the order in which they were called. */
  callbacksOf(lane: Lane): readonly CallbackCall[] {
    return this.callbacksByLane.get(laneKey(lane)) ?? [];
  }

  /** What befell an agent's run, in order. */
  turnsOf(agent: Incarnation): readonly ClientTurn[] {
    return this.turnsByAgent.get(agent) ?? [];
  }

  /** What became of a participant's registrations without a call, in order. */
  registrationTurnsOf(lane: Lane): readonly RegistrationTurn[] {
    return this.turnsByLane.get(laneKey(lane)) ?? [];
  }

  /** Whether an agent's run was killed. */
  wasKilled(agent: Incarnation): boolean {
    return this.killed.has(agent);
  }

  /** Whether a call returned with the registration that its client had made or ended. */
  wasTold(registration: Parameters<typeof requestKey>[0]): boolean {
    return this.told.has(requestKey(registration));
  }

  /** When its agent knew that the session is over; infinite where it never did. */
  lostAt(host: string, session: string | undefined): Moment {
    return this.losses.get(`${host} ${session ?? ''}`) ?? Infinity;
  }

  /** When a registry gave notice that the session is to be expired although it renews; infinite where none did. */
  evictedAt(host: string, session: string): Moment {
    return this.evictions.get(`${host} ${session}`) ?? Infinity;
  }

  private addCall(call: ClientCall): void {
    const { host, session, requestId } = call;
    this.byId.set(call.id, call);
    if (session !== undefined && requestId !== undefined) this.told.add(requestKey({ host, session, requestId }));
    if (call.verb === 'unregister') {
      if (call.ends !== undefined) push(this.byEnded, call.ends, call);
      return;
    }
    push(this.byLane, laneKey(call), call);
    push(this.byPlace, placeKey(call), call);
  }

  private addTurn(turn: ClientTurn): void {
    push(this.turnsByAgent, turn.agent, turn);
    if (turn.kind === 'killed') this.killed.add(turn.agent);
    if (turn.kind === 'evicted') this.evictions.set(`${turn.host} ${turn.session}`, turn.at);
    if (turn.kind === 'lost') this.losses.set(`${turn.host} ${turn.session}`, turn.at);
    if (turn.kind === 'registration_lost' || turn.kind === 'registration_restored') push(this.turnsByLane, laneKey(turn), turn);
  }
}

/** Adds a value to those of its key. */
export function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

/** Whether an event was stored after the moment, whatever is not known of when it was. */
export function surelyAfter(stored: StoredEvent, moment: Moment | undefined): boolean {
  const storedFrom = earliest(stored);
  return storedFrom !== undefined && moment !== undefined && storedFrom > moment;
}

/** What a registration's event and the call that made it have in common: who asked, and under which request id. */
export function requestKey({ host, session, requestId }: { readonly host: string; readonly session: string; readonly requestId: string }): string {
  return `${host} ${session} ${requestId}`;
}

/** Names a participant in one run of its agent. */
export function laneKey({ agent, side, participant }: Lane): string {
  return `${agent} ${side} ${participant}`;
}

function placeKey({ host, side, participant, token }: Place): string {
  return `${host} ${side} ${participant} ${token}`;
}
