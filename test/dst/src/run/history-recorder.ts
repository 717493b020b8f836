import type { LogEvent } from '@irqmesh/domain';
import type { Registration } from '@irqmesh/client/core';
import type { ClientCall, ClientTurn, History, Moment, Timing } from '@irqmesh/test-history';
import type { LoadRecorder, NewCall, NewCallback, OpenCall, OpenCallback, RegistrationView } from '@irqmesh/test-load';
import { LiveChecks } from './live-checks.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** What befell a client, before it has its moment. */
export type NewTurn = ClientTurn extends infer Turn ? (Turn extends ClientTurn ? Omit<Turn, 'at'> : never) : never;

/** What happens at one virtual time happens one after the other all the same: this much later each. */
const TICK_US = 2 ** -10;

/** Writes down what is seen of a run from outside, for the checkers. */
export class HistoryRecorder implements LoadRecorder {
  /** What no process should ever do, such as throw a TypeError; each is a violation. */
  readonly surprises: string[] = [];
  readonly live = new LiveChecks();
  private readonly calls: OpenCall[] = [];
  private readonly callbacks: OpenCallback[] = [];
  private readonly turns: ClientTurn[] = [];
  private readonly storedAt = new Map<number, Moment>();
  private lastMoment: Moment = 0;
  /** By moment: how long the trace was then. */
  private readonly traceLengths = new Map<Moment, number>();
  private readonly time: VirtualTime;
  private readonly trace: Trace;

  constructor(time: VirtualTime, trace: Trace) {
    this.time = time;
    this.trace = trace;
  }

  /** Whether something was seen that must never happen. */
  get hasFailed(): boolean {
    return this.surprises.length > 0 || this.live.violation !== undefined;
  }

  called(call: NewCall): OpenCall {
    const open: OpenCall = { ...call, id: this.calls.length + 1, calledAt: this.moment() };
    this.calls.push(open);
    this.live.called(open);
    return open;
  }

  returned(call: OpenCall, result: number, registration?: Registration): void {
    call.returnedAt = this.moment();
    call.result = result;
    call.session = registration?.participant.session;
    call.requestId = registration?.requestId;
    this.live.returned(call);
  }

  callbackBegan(callback: NewCallback): OpenCallback {
    const open: OpenCallback = { ...callback, calledAt: this.moment() };
    this.callbacks.push(open);
    this.live.callbackBegan(open);
    return open;
  }

  callbackEnded(callback: OpenCallback, result: number): void {
    callback.returnedAt = this.moment();
    callback.result = result;
    this.live.callbackEnded(callback);
  }

  looked(views: readonly RegistrationView[]): void {
    for (const view of views) this.live.looked(view);
  }

  turned(turn: NewTurn): void {
    this.turns.push({ ...turn, at: this.moment() } as ClientTurn);
  }

  stored(sequence: number): void {
    this.storedAt.set(sequence, this.moment());
  }

  unexpected(what: string, error: unknown): void {
    this.surprises.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  /** A call that has not returned although its agent lives. */
  openCall(isAlive: (agent: string) => boolean): ClientCall | undefined {
    return this.calls.find(({ agent, returnedAt }) => returnedAt === undefined && isAlive(agent));
  }

  history(log: readonly LogEvent[], requestsRepeated: boolean, timing: Timing): History {
    return {
      requestsRepeated,
      timing,
      calls: this.calls,
      callbacks: this.callbacks,
      turns: this.turns,
      log: log.map((event) => ({ event, storedAt: this.storedAt.get(event.sequence) })),
    };
  }

  /** How long the trace was at a moment of the history; undefined for one that is none. */
  traceLengthAt(moment: Moment): number | undefined {
    return this.traceLengths.get(moment);
  }

  private moment(): Moment {
    this.lastMoment = Math.max(this.time.nowMs * 1_000, this.lastMoment + TICK_US);
    this.traceLengths.set(this.lastMoment, this.trace.length);
    return this.lastMoment;
  }
}

/** A mistake in a program rather than trouble in the world. */
export function isProgramError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || error instanceof SyntaxError;
}
