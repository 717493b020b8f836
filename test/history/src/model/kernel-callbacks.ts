import type { Callback, CallbackRun, CallbackSet, Side } from '@irqmesh/domain';
import type { ModelRegistration } from './token-model.ts';

/** Plays back the callbacks that an event records, in the order in which the kernel's code asks for them. */
class Playback {
  mistake: string | undefined;
  private readonly runs: readonly CallbackRun[];
  private next = 0;

  constructor(runs: readonly CallbackRun[]) {
    this.runs = runs;
  }

  /** The recorded result of the callback that is due now. */
  call(side: Side, callback: Callback, supplied: CallbackSet): CallbackRun | undefined {
    if (!supplied.includes(callback)) return undefined;
    const run = this.runs[this.next];
    if (run?.side !== side || run.callback !== callback) {
      const found = run === undefined ? 'it records no further callback' : `it records ${run.callback} of the ${run.side}`;
      this.mistake ??= `${callback} of the ${side} is due as callback ${this.next + 1}, and ${found}`;
      return undefined;
    }
    this.next += 1;
    return run;
  }

  /** Nothing may be left over. */
  end(): void {
    const run = this.runs[this.next];
    if (run !== undefined) this.mistake ??= `it records ${run.callback} of the ${run.side}, which is not due`;
  }
}

/** A callback that is due. */
export interface DueCallback {
  readonly side: Side;
  readonly callback: Callback;
}

/**
 * `__connect` of the kernel: yields each supplied callback when it is due, is told its result, and returns the result of
 * all. A stop that failed, which the kernel's void callbacks cannot, fails the connect before anything is added, and
 * whoever had its stop called is started.
 */
export function* connectCallbacks(supplied: Readonly<Record<Side, CallbackSet>>): Generator<DueCallback, number, number> {
  function* call(side: Side, callback: Callback): Generator<DueCallback, number, number> {
    return supplied[side].includes(callback) ? yield { side, callback } : 0;
  }
  const producerStopped = yield* call('producer', 'stop');
  if (producerStopped !== 0) {
    yield* call('producer', 'start');
    return producerStopped;
  }
  let result = yield* call('consumer', 'stop');
  if (result !== 0) {
    yield* call('consumer', 'start');
    if (supplied.producer.includes('stop')) yield* call('producer', 'start');
    return result;
  }
  result = yield* call('producer', 'add_consumer');
  if (result === 0) {
    result = yield* call('consumer', 'add_producer');
    if (result !== 0) yield* call('producer', 'del_consumer');
  }
  yield* call('consumer', 'start');
  yield* call('producer', 'start');
  return result;
}

/** The connect, its callbacks answered by what the event records. */
export function replayConnect(runs: readonly CallbackRun[], supplied: Readonly<Record<Side, CallbackSet>>): { readonly result: number; readonly mistake: string | undefined } {
  const playback = new Playback(runs);
  const connect = connectCallbacks(supplied);
  let next = connect.next();
  while (next.done !== true) {
    const { side, callback } = next.value;
    const run = playback.call(side, callback, supplied[side]);
    if (run?.skipped === true) playback.mistake ??= `${callback} of the ${side} is skipped, and nobody is gone`;
    next = connect.next(run?.result ?? 0);
  }
  playback.end();
  return { result: next.value, mistake: playback.mistake };
}

/** `__disconnect`; only callbacks of a side that is gone may be skipped. @returns what is wrong, if anything is. */
export function replayDisconnect(runs: readonly CallbackRun[], producer: ModelRegistration, consumer: ModelRegistration): string | undefined {
  const playback = new Playback(runs);
  const call = ({ side, callbacks, expired }: ModelRegistration, callback: Callback): void => {
    const run = playback.call(side, callback, callbacks);
    if (run?.skipped === true && expired === undefined) playback.mistake ??= `${callback} of the ${side} is skipped, and the ${side} is not gone`;
  };
  call(producer, 'stop');
  call(consumer, 'stop');
  call(consumer, 'del_producer');
  call(producer, 'del_consumer');
  call(consumer, 'start');
  call(producer, 'start');
  playback.end();
  return playback.mistake;
}
