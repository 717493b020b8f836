import type { LogEvent } from '@irqmesh/domain';
import type { Registration } from '@irqmesh/client/core';
import type { CallbackCall, ClientCall, ClientTurn, History, Moment } from '@irqmesh/test-history';

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

/** What befell a client, before it has its moment. */
export type NewTurn = ClientTurn extends infer Turn ? (Turn extends ClientTurn ? Omit<Turn, 'at'> : never) : never;

/** Writes down what is seen of a run from outside, for the checkers. */
export class HistoryRecorder {
  /** What no process should ever do, such as throw a TypeError; each is a violation. */
  readonly surprises: string[] = [];
  private readonly calls: Open<ClientCall>[] = [];
  private readonly callbacks: Open<CallbackCall>[] = [];
  private readonly turns: ClientTurn[] = [];
  private readonly storedAt = new Map<number, Moment>();
  private moments = 0;

  /** A client makes a call. @returns to be told how it ended. */
  called(call: Omit<ClientCall, 'id' | 'calledAt' | 'returnedAt' | 'result' | 'session' | 'requestId'>): Open<ClientCall> {
    const open: Open<ClientCall> = { ...call, id: this.calls.length + 1, calledAt: this.moment() };
    this.calls.push(open);
    return open;
  }

  /** @param registration that was made or ended, where the caller has it. */
  returned(call: Open<ClientCall>, result: number, registration?: Registration): void {
    call.returnedAt = this.moment();
    call.result = result;
    call.session = registration?.participant.session;
    call.requestId = registration?.requestId;
  }

  callbackBegan(callback: Omit<CallbackCall, 'calledAt' | 'returnedAt' | 'result'>): Open<CallbackCall> {
    const open: Open<CallbackCall> = { ...callback, calledAt: this.moment() };
    this.callbacks.push(open);
    return open;
  }

  callbackEnded(callback: Open<CallbackCall>, result: number): void {
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

  history(log: readonly LogEvent[], requestsRepeated: boolean): History {
    return {
      requestsRepeated,
      calls: this.calls,
      callbacks: this.callbacks,
      turns: this.turns,
      log: log.map((event) => ({ event, storedAt: this.storedAt.get(event.sequence) })),
    };
  }

  private moment(): Moment {
    return ++this.moments;
  }
}

export type OpenCall = Open<ClientCall>;

/** A mistake in a program rather than trouble in the world. */
export function isProgramError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || error instanceof SyntaxError;
}
