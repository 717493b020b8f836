import { Errno, sleep } from '@irqmesh/domain';
import type { Clock, Random } from '@irqmesh/domain';
import { sentenceOf } from '@irqmesh/protocol';
import type { Attempt } from './batcher.ts';

/** How a command ended, as the registry has it. */
export interface Settled {
  /** 0, the kernel's error, or a driver's own number. */
  readonly result: number;
  readonly message: string;
  /** The kernel warns here. */
  readonly warning: boolean;
  /** The sequence of its event in the log; undefined where none stands there. */
  readonly sequence?: number | undefined;
}

/** A command on its way to a registry: the same request each time, so that it is carried out once. */
export interface Command {
  /** Sends the request (again). */
  readonly send: () => Promise<Attempt>;
  /** Asks how the request ended, without sending it. */
  readonly ask: () => Promise<Attempt>;
  /** Told of an attempt that a registry may carry out until this moment of the monotonic clock. */
  readonly onUnanswered: (untilMs: number) => void;
  /** Whether a refusal contradicts what is known here: then something else of ours stands in the way, and is on its way out. */
  readonly isContradicted?: ((refusal: Settled) => boolean) | undefined;
  /** Aborted when nobody waits for it any more: it is not sent on then, unless something may have come of it. */
  readonly abandoned?: AbortSignal | undefined;
  /** Told what each attempt found while the command is not settled, for whoever runs out of time. */
  readonly onWaiting: (why: string) => void;
}

export interface SettleOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the answer is of no use any more. */
  readonly signal: AbortSignal;
}

/** Nothing came of it, and nothing will. */
const GIVEN_UP: Settled = { result: Errno.ETIMEDOUT, message: 'it was given up before a registry had carried it out', warning: false };

const FIRST_GAP_MS = 50;
const LONGEST_GAP_MS = 1_000;
const LONGEST_RETRY_AFTER_MS = 10_000;

/**
 * Drives a command until it is settled: sent again with the same request id while no registry has it, asked about
 * while it is pending (rule 10). Undefined when `signal` was aborted before.
 *
 * A refusal counts only if its attempt was sent when no earlier attempt could be carried out any more. Otherwise one of
 * those might still be appended after the decision to refuse, and the caller would be told of a refusal while the
 * registration stands. So such a refusal is not reported: after the deadlines the request is sent once more, and that
 * answer, which sees whatever came of the earlier attempts, is the one. A refusal that contradicts what is known here
 * is not reported either: the request is sent until the contradiction is gone.
 *
 * One that is abandoned is -ETIMEDOUT at once where every attempt was turned away: when many callers give up because the
 * registries are behind, sending on for them would keep the registries behind. Where an attempt may have been carried
 * out, its end has to be known all the same, or it might be stored behind everybody's back.
 */
export async function settle(command: Command, { clock, random, signal }: SettleOptions): Promise<Settled | undefined> {
  let isPending = false;
  let openUntilMs = -Infinity;
  /** Whether an attempt may have been carried out. Its append may be on its way to the log for as long as it likes, so this stays. */
  let mayStand = false;
  for (let gapMs = FIRST_GAP_MS; !signal.aborted; gapMs = Math.min(2 * gapMs, LONGEST_GAP_MS)) {
    if (command.abandoned?.aborted === true && !mayStand) return GIVEN_UP;
    const startedMs = clock.monotonicMs();
    const attempt: Attempt | undefined = await unlessAborted(isPending ? command.ask() : command.send(), signal);
    if (attempt === undefined) return undefined;
    const settled = settledBy(attempt);
    const isContradicted = settled?.isFinal === false && command.isContradicted?.(settled) === true;
    if (settled !== undefined && !isContradicted && (settled.isFinal || openUntilMs <= settled.sentMs)) return settled;
    if (settled !== undefined) await sleepUntil(clock, openUntilMs, signal);
    const untilMs = isPending ? undefined : openUntil(attempt);
    if (untilMs !== undefined) {
      mayStand = true;
      openUntilMs = Math.max(openUntilMs, untilMs);
      command.onUnanswered(untilMs);
    }
    command.onWaiting(whyWaiting(attempt));
    // An unanswered question changes nothing; every other answer tells whether the log holds the request.
    if (attempt.kind === 'answered') isPending = attempt.outcome.settlement === 'pending';
    mayStand ||= isPending;
    // Half of the gap is left to chance, so that many clients do not come back in one wave.
    const waitMs = Math.max(gapMs * (0.5 + random.fraction() / 2), retryAfterMs(attempt) * (1 + random.fraction() / 2));
    await sleepUntil(clock, startedMs + waitMs, signal);
  }
  return undefined;
}

/** Until when an attempt may be carried out although its outcome is not known. */
function openUntil(attempt: Attempt): number | undefined {
  if (attempt.kind === 'unanswered') return attempt.untilMs;
  const mayBeAppended = attempt.kind === 'answered' && attempt.outcome.settlement === 'pending' && attempt.outcome.sequence === undefined;
  return mayBeAppended ? attempt.untilMs : undefined;
}

/** `isFinal`: the log holds how it ended, or there was nothing to do. A refusal without an event may be overtaken. */
function settledBy(attempt: Attempt): (Settled & { readonly isFinal: boolean; readonly sentMs: number }) | undefined {
  if (attempt.kind === 'refused') {
    const { error, sentMs } = attempt;
    return { result: error.errno, message: sentenceOf(error), warning: false, isFinal: false, sentMs };
  }
  if (attempt.kind !== 'answered' || attempt.outcome.settlement !== 'settled') return undefined;
  const { result, message, warning, sequence } = attempt.outcome;
  return { result, message, warning, sequence, isFinal: result === 0 || sequence !== undefined, sentMs: attempt.sentMs };
}

/** How long the registry asked to be left alone; 0 when it did not. A wrong value must not stop a client for hours. */
function retryAfterMs(attempt: Attempt): number {
  const askedMs = attempt.kind === 'busy' ? attempt.error.retryAfterMs : attempt.kind === 'answered' ? (attempt.outcome.retryAfterMs ?? 0) : 0;
  return Math.min(askedMs, LONGEST_RETRY_AFTER_MS);
}

function whyWaiting(attempt: Attempt): string {
  if (attempt.kind === 'busy') return `the registry is busy: ${sentenceOf(attempt.error)}`;
  if (attempt.kind === 'undelivered') return 'no registry is running';
  if (attempt.kind !== 'answered') return 'the registry does not answer';
  if (attempt.outcome.settlement === 'pending') return 'it is in the log, and its operation is still open';
  if (attempt.outcome.settlement === 'settled') return attempt.outcome.message;
  if (attempt.outcome.retryAfterMs !== undefined) return `the registry is busy: ${attempt.outcome.message}`;
  return 'the registry could not append it in time (or its clock and that of this host disagree)';
}

/** Resolves at a moment of the monotonic clock, at once when it has passed or `signal` aborts. */
export async function sleepUntil(clock: Clock, atMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = atMs - clock.monotonicMs();
  if (leftMs > 0) await sleep(clock, leftMs, signal);
}

/** The value, or undefined if the signal is aborted first. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
