import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { Callback, Clock, Participant } from '@irqmesh/domain';

/** The other side of the pair, as a callback sees it. */
export interface Peer {
  readonly participant: Participant;
  /** The producer's host interrupt; absent when the peer is a consumer. */
  readonly irq?: number | undefined;
  readonly token: string;
  /** The operation that this callback is a step of: the sequence of the registry event that caused it. */
  readonly operationSequence: number;
}

/**
 * A callback: returning nothing is 0, a number is the result (a 32-bit integer), throwing an IrqBypassError is its
 * errno; any other throw, and any other value, is -EIO.
 */
export type CallbackFunction = (peer: Peer) => number | void | Promise<number | void>;

/** The callbacks a participant supplies, by the kernel's names. */
export type CallbackTable = Readonly<Partial<Record<Callback, CallbackFunction>>>;

/** What is answered for a callback, by its deadline at the latest. */
export interface CallbackAnswer {
  readonly result: number;
  /** From call to answer, in whole microseconds. */
  readonly durationUs: number;
  /** It had not returned by its deadline: the result is -ETIMEDOUT, whatever it returns later. */
  readonly overran: boolean;
}

/** A callback that was called. */
export interface CallbackCall {
  readonly answer: Promise<CallbackAnswer>;
  /** What it returned in the end; resolves when it has, however late. Never rejects. */
  readonly returned: Promise<number>;
}

/** A call that needed no callback: nothing is supplied, or somebody else's stop or start does for all. */
export const NOTHING_CALLED: CallbackCall = {
  answer: Promise.resolve({ result: 0, durationUs: 0, overran: false }),
  returned: Promise.resolve(0),
};

export interface CallOptions {
  readonly clock: Clock;
  /** Counted from the call. */
  readonly deadlineMs: number;
  /** Told of a throw that is no IrqBypassError, and of a value that is no result. */
  readonly onError: (error: unknown) => void;
}

/** Calls a callback, at once, and answers for it by its deadline. */
export function callCallback(run: () => unknown, { clock, deadlineMs, onError }: CallOptions): CallbackCall {
  const startedMs = clock.monotonicMs();
  const elapsedMs = (): number => clock.monotonicMs() - startedMs;
  const returned = resultOf(run, onError);
  const answer = new Promise<CallbackAnswer>((resolve) => {
    const settle = (result: number, overran: boolean): void => resolve({ result, durationUs: Math.max(0, Math.round(elapsedMs() * 1_000)), overran });
    const timer = clock.after(deadlineMs, () => settle(Errno.ETIMEDOUT, true));
    void returned.then((result) => {
      timer.cancel();
      // One that blocked the process returns before the timer can run, and has overrun its deadline all the same.
      const overran = elapsedMs() > deadlineMs;
      settle(overran ? Errno.ETIMEDOUT : result, overran);
    });
  });
  return { answer, returned };
}

async function resultOf(run: () => unknown, onError: (error: unknown) => void): Promise<number> {
  try {
    const value = await run();
    if (value === undefined) return 0;
    if (isResult(value)) return value | 0;
    onError(new TypeError(`a callback must return nothing or a 32-bit integer, not ${describe(value)}`));
  } catch (error) {
    if (error instanceof IrqBypassError && isResult(error.errno) && error.errno !== 0) return error.errno;
    onError(error);
  }
  return Errno.EIO;
}

function isResult(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value === (value | 0);
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : value === null ? 'null' : `a value of type ${typeof value}`;
}
