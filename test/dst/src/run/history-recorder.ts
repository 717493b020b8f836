import type { LogEvent } from '@irqmesh/domain';
import type { Registration } from '@irqmesh/client/core';
import type { ClientCall, ClientTurn, History, Moment, Timing } from '@irqmesh/test-history';
import type { LoadRecorder, NewCall, NewCallback, OpenCall, OpenCallback } from '@irqmesh/test-load';
import type { VirtualTime } from '../time/virtual-time.ts';

/** What befell a client, before it has its moment. */
export type NewTurn = ClientTurn extends infer Turn ? (Turn extends ClientTurn ? Omit<Turn, 'at'> : never) : never;

/** What happens at one virtual time happens one after the other all the same: this much later each. */
const TICK_US = 2 ** -10;

/** Writes down what is seen of a run from outside, for the checkers. */
export class HistoryRecorder implements LoadRecorder {
  /** What no process should ever do, such as throw a TypeError; each is a violation. */
  readonly surprises: string[] = [];
  private readonly calls: OpenCall[] = [];
  private readonly callbacks: OpenCallback[] = [];
  private readonly turns: ClientTurn[] = [];
  private readonly storedAt = new Map<number, Moment>();
  private lastMoment: Moment = 0;
  private readonly time: VirtualTime;

  constructor(time: VirtualTime) {
    this.time = time;
  }

  called(call: NewCall): OpenCall {
    const open: OpenCall = { ...call, id: this.calls.length + 1, calledAt: this.moment() };
    this.calls.push(open);
    return open;
  }

  returned(call: OpenCall, result: number, registration?: Registration): void {
    call.returnedAt = this.moment();
    call.result = result;
    call.session = registration?.participant.session;
    call.requestId = registration?.requestId;
  }

  callbackBegan(callback: NewCallback): OpenCallback {
    const open: OpenCallback = { ...callback, calledAt: this.moment() };
    this.callbacks.push(open);
    return open;
  }

  callbackEnded(callback: OpenCallback, result: number): void {
    callback.returnedAt = this.moment();
    callback.result = result;
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

  private moment(): Moment {
    this.lastMoment = Math.max(this.time.nowMs * 1_000, this.lastMoment + TICK_US);
    return this.lastMoment;
  }
}

/** A mistake in a program rather than trouble in the world. */
export function isProgramError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || error instanceof SyntaxError;
}
