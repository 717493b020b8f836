import { ADD, DEL } from '../callbacks.ts';
import type { Callback, CallbackRun, CallbackSet } from '../callbacks.ts';
import type { Side } from '../participant.ts';

/** A rule that the system under test has broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/**
 * The agent's end of one registration, by the agents' rules 1 to 5, as short as they can be written: it runs what it is
 * asked for, remembers its newest operation, and throws when the callbacks it is asked for make no sense to a driver.
 */
export class ModelRegistration {
  readonly side: Side;
  readonly callbacks: CallbackSet;
  /** Every callback that was run, for messages. */
  readonly ran: string[] = [];
  private readonly name: string;
  private memory: { readonly operation: number; runs: CallbackRun[]; sealed: boolean } | undefined;
  private added = false;
  private stopped = false;
  private closed = false;

  constructor(name: string, side: Side, callbacks: CallbackSet) {
    this.name = name;
    this.side = side;
    this.callbacks = callbacks;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Steps of an operation: each is run at most once; undefined when they are refused. */
  invoke(operation: number, steps: readonly Callback[], nextResult: () => number): readonly CallbackRun[] | undefined {
    const memory = this.open(operation);
    if (memory === undefined || memory.sealed) return undefined;
    const reply: CallbackRun[] = [];
    for (const callback of steps) {
      const run = memory.runs.find((known) => known.callback === callback) ?? this.run(memory.runs, callback, nextResult());
      reply.push(run);
      if (run.result !== 0) break;
    }
    return reply;
  }

  /** Rule 3: undoes what the operation did here and refuses every other step of it from then on. */
  rollback(operation: number): readonly CallbackRun[] | undefined {
    const memory = this.open(operation);
    if (memory === undefined) return undefined;
    if (!memory.sealed) {
      const didAdd = memory.runs.some((run) => run.callback === ADD[this.side] && run.result === 0);
      this.undo(memory.runs, this.added && didAdd);
      memory.sealed = true;
    }
    return memory.runs;
  }

  /** Rule 4: the agent tears down by its actual state and answers nothing any more. */
  fence(): void {
    if (this.closed) return;
    this.undo([], this.added);
    this.closed = true;
  }

  /** The registration has ended: nothing may be left of it. */
  end(): void {
    if (this.closed) return;
    this.checkAtRest(false);
    this.closed = true;
  }

  /** Between operations: connected or not, as the log says, and not stopped. */
  checkAtRest(connected: boolean): void {
    const added = connected && this.canTellAdded;
    if (this.added !== added) this.fail(`is ${this.added ? '' : 'not '}added where the log says it is ${connected ? '' : 'not '}connected`);
    if (this.stopped) this.fail('is still stopped');
  }

  /** A side that supplies only one of add and del cannot tell whether it is connected. */
  private get canTellAdded(): boolean {
    return this.callbacks.includes(ADD[this.side]) && this.callbacks.includes(DEL[this.side]);
  }

  /** The memory of the newest operation; undefined when the operation is older or the registration is over. */
  private open(operation: number): { readonly operation: number; runs: CallbackRun[]; sealed: boolean } | undefined {
    if (this.closed || (this.memory !== undefined && operation < this.memory.operation)) return undefined;
    if (this.memory?.operation !== operation) this.memory = { operation, runs: [], sealed: false };
    return this.memory;
  }

  private undo(runs: CallbackRun[], added: boolean): void {
    if (added) {
      if (!this.stopped && this.callbacks.includes('stop')) this.run(runs, 'stop', 0);
      this.run(runs, DEL[this.side], 0);
    }
    if (this.stopped) this.run(runs, 'start', 0);
  }

  private run(runs: CallbackRun[], callback: Callback, result: number): CallbackRun {
    this.ran.push(callback);
    this.checkOrder(callback);
    const run: CallbackRun = { side: this.side, callback, result, durationUs: 1, skipped: false };
    runs.push(run);
    if (callback === ADD[this.side]) this.added = result === 0 && this.canTellAdded;
    return run;
  }

  private checkOrder(callback: Callback): void {
    if (!this.callbacks.includes(callback)) this.fail(`was asked for ${callback}, which it does not supply`);
    const hasBoth = this.callbacks.includes('stop') && this.callbacks.includes('start');
    switch (callback) {
      case 'stop':
        if (this.stopped) this.fail('was stopped twice');
        this.stopped = hasBoth;
        break;
      case 'start':
        if (hasBoth && !this.stopped) this.fail('was started without a stop');
        this.stopped = false;
        break;
      case 'add_consumer':
      case 'add_producer':
        if (this.added) this.fail('was added twice');
        break;
      default:
        if (this.canTellAdded && !this.added) this.fail('was deleted without being added');
        this.added = false;
    }
  }

  private fail(what: string): never {
    throw new Violation(`${this.side} ${this.name} ${what}; it ran: ${this.ran.join(' ')}`);
  }
}
