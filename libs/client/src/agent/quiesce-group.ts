import type { Clock } from '@irqmesh/domain';
import { NOTHING_CALLED } from './callback-call.ts';
import type { CallbackCall } from './callback-call.ts';
import { Signal } from './signal.ts';

/** A participant as its group knows it: whoever it is, it is the same object each time. */
export type Member = object;

/** A member's real callbacks; each calls it at once. */
export interface MemberCallbacks {
  readonly stop: () => CallbackCall;
  readonly start: () => CallbackCall;
}

/**
 * Participants whose stop halts the same thing, such as the VM that all their interrupts belong to. It is to stand
 * still for as long as any operation needs it to, so one member's start must not resume it under another's feet.
 *
 * The group is the set of (operation, participant) that hold it stopped. The first to enter runs its real stop, and
 * that member's start runs when the last leaves; everyone else's stop and start are answered 0 without being called.
 *
 * A real stop that fails leaves open whether the thing stands still. Its member has entered all the same (its start
 * step, its rollback or its teardown makes it leave, and its start is owed as after any stop that was called), but the
 * next to enter does not rely on it and runs a real stop of its own. When the last leaves, every start that is owed runs.
 */
export class QuiesceGroup {
  /** Who holds it stopped, and for which operation. A participant has one operation at a time. */
  private readonly entries = new Map<Member, number>();
  /** Members whose real stop was called since the last start, in order, with the start that is owed for it. */
  private readonly owed = new Map<Member, () => CallbackCall>();
  /** A real stop has returned 0, and no start was called since. */
  private halted = false;
  /** A real stop or start has been called and has not returned. */
  private calling = false;
  private readonly changed: Signal;

  constructor(clock: Clock) {
    this.changed = new Signal(clock);
  }

  /** The operations and participants that hold it stopped now. */
  get size(): number {
    return this.entries.size;
  }

  /**
   * Enters. Waits while a real stop or start of another member is under way, however long it takes.
   * @param isWanted asked when it is this member's turn; false gives up.
   * @returns the call that stands for the member's stop; undefined when given up.
   */
  async enter(member: Member, operation: number, callbacks: MemberCallbacks, isWanted: () => boolean): Promise<CallbackCall | undefined> {
    while (this.calling) await this.changed.next();
    if (!isWanted()) return undefined;
    this.entries.set(member, operation);
    if (this.halted) return NOTHING_CALLED;
    this.owed.set(member, callbacks.start);
    return this.track(callbacks.stop(), (result) => {
      if (result === 0) this.halted = true;
    });
  }

  /** Leaves; the call that stands for the member's start. A member that has not entered has nothing to start. */
  async leave(member: Member): Promise<CallbackCall> {
    if (!this.entries.delete(member)) return NOTHING_CALLED;
    const isLast = (): boolean => this.entries.size === 0 && this.owed.size > 0;
    while (isLast() && this.calling) await this.changed.next();
    if (!isLast()) return NOTHING_CALLED;
    this.halted = false;
    const starts = [...this.owed.values()];
    if (starts.length === 1) return this.track(starts[0]!(), () => this.owed.clear());
    return this.track(inTurn(starts), () => this.owed.clear());
  }

  /** Resolves when no start of this member is owed any more, so that none can run later. */
  async whenReleased(member: Member): Promise<void> {
    while (this.owed.has(member)) await this.changed.next();
  }

  private track(call: CallbackCall, onReturned: (result: number) => void): CallbackCall {
    this.calling = true;
    const returned = call.returned.then((result) => {
      this.calling = false;
      onReturned(result);
      this.changed.fire();
      return result;
    });
    return { answer: call.answer, returned };
  }
}

/** Several starts as one: each after the other has returned; the first that fails is the result. */
function inTurn(starts: readonly (() => CallbackCall)[]): CallbackCall {
  const all = (async () => {
    const results: number[] = [];
    let durationUs = 0;
    for (const start of starts) {
      const call = start();
      const answer = await call.answer;
      await call.returned;
      results.push(answer.result);
      durationUs += answer.durationUs;
    }
    return { result: results.find((result) => result !== 0) ?? 0, durationUs, overran: false };
  })();
  return { answer: all, returned: all.then(({ result }) => result) };
}
