import type { LogEvent } from '@irqmesh/domain';
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

  returned(call: Open<ClientCall>, result: number, registered?: { readonly session: string; readonly requestId: string }): void {
    call.returnedAt = this.moment();
    call.result = result;
    call.session = registered?.session;
    call.requestId = registered?.requestId;
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

  /** How many calls have not returned although their agent lives. */
  openCalls(isAlive: (agent: string) => boolean): number {
    return this.calls.filter(({ agent, returnedAt }) => returnedAt === undefined && isAlive(agent)).length;
  }

  history(log: readonly LogEvent[]): History {
    return {
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
