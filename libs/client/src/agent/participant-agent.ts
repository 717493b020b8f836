import { ADD, DEL } from '@irqmesh/domain';
import type { Callback, Clock, Participant, Side } from '@irqmesh/domain';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { callCallback, NOTHING_CALLED } from './callback-call.ts';
import type { CallbackAnswer, CallbackCall, CallbackTable, Peer } from './callback-call.ts';
import { OperationMemory } from './operation-memory.ts';
import type { QuiesceGroup } from './quiesce-group.ts';
import { Signal } from './signal.ts';

/** A registration as its agent holds it. */
export interface Holding {
  readonly side: Side;
  readonly participant: Participant;
  readonly token: string;
  /** Of the register that made it: what invokes name. */
  readonly requestId: string;
  readonly callbacks: CallbackTable;
  /** How long each callback may take, from its call. */
  readonly deadlineMs: number;
  /** The quiesce group of its agent whose stop and start it shares. */
  readonly quiesceGroup?: string | undefined;
}

/** A callback that threw something else than an IrqBypassError, or returned what is no result. */
export interface CallbackFault {
  readonly side: Side;
  readonly participant: Participant;
  readonly token: string;
  readonly callback: Callback;
  readonly operationSequence: number;
  readonly error: unknown;
}

export interface ParticipantAgentOptions {
  readonly holding: Holding;
  readonly clock: Clock;
  /** Asked before each callback: false once the lease has lapsed (rule 4). */
  readonly mayRun: () => boolean;
  readonly onFault: (fault: CallbackFault) => void;
  /** The group that the holding names. */
  readonly group?: QuiesceGroup | undefined;
}

const FENCED = 'the lease of this session has lapsed; the agent has torn its pairs down';

/**
 * One registration at its agent: runs its callbacks one at a time, each step of an operation at most once, and keeps
 * the memory of its newest operation for as long as the registration stands (rules 1 to 3).
 *
 * Invokes do not queue here. One that finds a callback running waits with patience, then is answered `running` and is
 * asked again; what it asked for is in the memory by then, or is started as soon as nothing else runs.
 */
export class ParticipantAgent {
  readonly holding: Holding;
  /** Actual state, whatever operation brought it about: what a teardown goes by. Added is what a del would undo. */
  private added = false;
  private stopped = false;
  private memory: OperationMemory | undefined;
  private working = false;
  /** Why every invoke is refused, once it is. */
  private refusing: string | undefined;
  private fencing: Promise<void> | undefined;
  private readonly changed: Signal;
  private readonly options: ParticipantAgentOptions;

  constructor(options: ParticipantAgentOptions) {
    this.options = options;
    this.holding = options.holding;
    this.changed = new Signal(options.clock);
  }

  /** Answers an invoke; one that has to wait longer than `patienceMs` is `running`. */
  async invoke(item: InvokeItemMessage, patienceMs: number): Promise<InvokeOutcomeMessage> {
    const { clock } = this.options;
    const untilMs = clock.monotonicMs() + patienceMs;
    for (;;) {
      const answer = this.answer(item);
      if (answer !== undefined) return answer;
      if (!this.working) {
        this.begin(item, this.memory!);
        continue;
      }
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return outcome('running', 'a callback of this participant is running');
      await this.changed.next(leftMs);
    }
  }

  /** Refuses every invoke from now on. A callback that runs goes on, and so does the undoing of a late add. */
  close(reason: string): void {
    this.refusing ??= reason;
    this.changed.fire();
  }

  /**
   * Refuses every invoke from now on and tears down what is connected or stopped, by actual state and after the
   * callback that runs: stop, del, start for one that was added; start for one that was stopped (rule 4).
   * An ordinary end needs no teardown, and then none is done.
   */
  fence(reason: string = FENCED): Promise<void> {
    this.close(reason);
    this.fencing ??= this.whenFree(() => this.undo());
    return this.fencing;
  }

  /** Resolves when no callback runs and none can run any more of itself. Call `close` or `fence` before. */
  async quiet(): Promise<void> {
    while (this.working) await this.changed.next();
    await this.options.group?.whenReleased(this);
  }

  /** What memory or state alone can say to an invoke; undefined when something has to run, or runs. */
  private answer(item: InvokeItemMessage): InvokeOutcomeMessage | undefined {
    if (this.refusing === undefined && !this.options.mayRun()) this.refusing = FENCED;
    if (this.refusing !== undefined) return outcome('refused', this.refusing);
    if (item.registrationRequestId !== this.holding.requestId) return outcome('refused', 'this is not the current registration of the participant');
    const memory = this.memoryFor(item);
    if (memory === undefined) return outcome('stale', `operation ${this.memory!.sequence} of this participant is newer`);
    if (item.rollback) {
      // Sealed on arrival: what is left of a merged call that runs now need not be run first to be undone then.
      memory.sealed = true;
      return memory.rolledBack ? { status: 'done', runs: [...memory.runs], message: '' } : undefined;
    }
    if (memory.sealed) return outcome('refused', `operation ${memory.sequence} is rolled back here`);
    const runs = memory.answerFor(item.steps);
    return runs === undefined ? undefined : { status: 'done', runs, message: '' };
  }

  /**
   * The memory of the item's operation; undefined when a newer one is known.
   * A newer operation takes the memory's place when it arrives, even if a callback of the older one still runs. Nothing
   * of the older one is lost by that: the log goes on to a newer operation only after the older one's outcome, for
   * which every step of it on this side had its result. What may still run then is a callback that overran its
   * deadline, and that keeps the newer operation waiting.
   */
  private memoryFor(item: InvokeItemMessage): OperationMemory | undefined {
    const known = this.memory;
    if (known !== undefined && item.operationSequence < known.sequence) return undefined;
    if (known?.sequence === item.operationSequence) return known;
    const { participant, irq } = item.peer;
    const peer: Peer = { participant, irq, token: item.token, operationSequence: item.operationSequence };
    this.memory = new OperationMemory(peer);
    return this.memory;
  }

  private begin(item: InvokeItemMessage, memory: OperationMemory): void {
    void this.occupy(() => (item.rollback ? this.rollBack(memory) : this.runSteps(memory, item.steps)));
  }

  private async runSteps(memory: OperationMemory, steps: readonly Callback[]): Promise<void> {
    for (const callback of steps) {
      const result = memory.stepRun(callback)?.result ?? (await this.runStep(memory, callback));
      if (result !== 0) return;
    }
  }

  /** Runs one step; its result, or undefined when the operation is no longer to go on. */
  private async runStep(memory: OperationMemory, callback: Callback): Promise<number | undefined> {
    const isWanted = (): boolean => this.memory === memory && !memory.sealed && this.refusing === undefined && this.options.mayRun();
    if (!isWanted()) return undefined;
    const call = await this.call(memory, callback, isWanted);
    if (call === undefined) return undefined;
    const answer = await call.answer;
    memory.rememberStep(this.runOf(callback, answer));
    this.changed.fire();
    const result = await call.returned;
    this.noteEffect(callback, result);
    // Answered -ETIMEDOUT, so nobody counts on it: an add that succeeds after all is undone before anything else runs.
    if (answer.overran && callback === ADD[this.holding.side] && result === 0) await this.undoLateAdd(memory);
    return answer.result;
  }

  private async undoLateAdd(memory: OperationMemory): Promise<void> {
    const del = DEL[this.holding.side];
    const answer = await this.runUndoing(memory, del);
    // A del step of this operation, should one come, has its answer: it must not run twice.
    if (answer !== undefined) memory.rememberStep(this.runOf(del, answer));
  }

  /**
   * Undoes what the operation did here (rule 3). Its cases: nothing of it ever arrived here, or it only stopped, or it
   * added, or it had even started again (it was connected as far as this side could see). An operation that is rolled
   * back is a connect, before which nothing was added or stopped, so the actual state is what it did.
   */
  private async rollBack(memory: OperationMemory): Promise<void> {
    if (memory.runs.length > 0) await this.undo();
    memory.rolledBack = true;
  }

  /** To the state before any connect, in the order of a disconnect; what is stopped already is not stopped again. */
  private async undo(): Promise<void> {
    const { memory } = this;
    if (memory === undefined || !(this.added || this.stopped)) return;
    const undoing: Callback[] = this.added ? ['stop', DEL[this.holding.side], 'start'] : ['start'];
    for (const callback of undoing) {
      if (callback === 'stop' && this.stopped) continue;
      const answer = await this.runUndoing(memory, callback);
      if (answer !== undefined) memory.runs.push(this.runOf(callback, answer));
    }
  }

  /** Runs a callback to its end, whatever it returns: an undoing goes on as a disconnect does. */
  private async runUndoing(memory: OperationMemory, callback: Callback): Promise<CallbackAnswer | undefined> {
    if (this.holding.callbacks[callback] === undefined) {
      this.noteEffect(callback, 0);
      return undefined;
    }
    const call = (await this.call(memory, callback, () => true))!;
    const answer = await call.answer;
    this.noteEffect(callback, await call.returned);
    return answer;
  }

  private async call(memory: OperationMemory, callback: Callback, isWanted: () => boolean): Promise<CallbackCall | undefined> {
    const { group } = this.options;
    if (group === undefined) return this.callNow(memory, callback);
    if (callback === 'start') return group.leave(this);
    if (callback !== 'stop') return this.callNow(memory, callback);
    const real = { stop: () => this.callNow(memory, 'stop'), start: () => this.callNow(memory, 'start') };
    return group.enter(this, memory.sequence, real, isWanted);
  }

  private callNow({ peer, sequence }: OperationMemory, callback: Callback): CallbackCall {
    const { side, participant, token, callbacks, deadlineMs } = this.holding;
    const run = callbacks[callback];
    // The log says which callbacks a registration supplies; as in the kernel, one that is absent counts as done.
    if (run === undefined) return NOTHING_CALLED;
    const onError = (error: unknown): void => this.options.onFault({ side, participant, token, callback, operationSequence: sequence, error });
    return callCallback(() => run(peer), { clock: this.options.clock, deadlineMs, onError });
  }

  /** A stop that failed counts as stopped: whether it stopped anything is open, and a start too many does no harm. */
  private noteEffect(callback: Callback, result: number): void {
    const { side, callbacks } = this.holding;
    if (callback === 'stop') this.stopped = true;
    else if (callback === 'start') this.stopped = false;
    else if (callback === ADD[side]) this.added = result === 0 && callbacks[DEL[side]] !== undefined;
    else this.added = false;
  }

  private runOf(callback: Callback, { result, durationUs }: CallbackAnswer) {
    return { side: this.holding.side, callback, result, durationUs, skipped: false };
  }

  private async whenFree(work: () => Promise<void>): Promise<void> {
    while (this.working) await this.changed.next();
    await this.occupy(work);
  }

  /** Keeps everything else waiting until `work` is done. */
  private async occupy(work: () => Promise<void>): Promise<void> {
    this.working = true;
    try {
      await work();
    } finally {
      this.working = false;
      this.changed.fire();
    }
  }
}

function outcome(status: 'running' | 'stale' | 'refused', message: string): InvokeOutcomeMessage {
  return { status, runs: [], message };
}
