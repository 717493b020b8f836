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

/**
 * `__connect` of the kernel, its callbacks answered by what the event records. A stop that failed, which the kernel's
 * void callbacks cannot, fails the connect before anything is added, and whoever had its stop called is started.
 */
export function replayConnect(runs: readonly CallbackRun[], producer: CallbackSet, consumer: CallbackSet): { readonly result: number; readonly mistake: string | undefined } {
  const playback = new Playback(runs);
  const call = (side: Side, callback: Callback): number => {
    const run = playback.call(side, callback, side === 'producer' ? producer : consumer);
    if (run?.skipped === true) playback.mistake ??= `${callback} of the ${side} is skipped, and nobody is gone`;
    return run?.result ?? 0;
  };
  const finish = (result: number) => {
    playback.end();
    return { result, mistake: playback.mistake };
  };
  const producerStopped = call('producer', 'stop');
  if (producerStopped !== 0) {
    call('producer', 'start');
    return finish(producerStopped);
  }
  let result = call('consumer', 'stop');
  if (result !== 0) {
    call('consumer', 'start');
    if (producer.includes('stop')) call('producer', 'start');
    return finish(result);
  }
  result = call('producer', 'add_consumer');
  if (result === 0) {
    result = call('consumer', 'add_producer');
    if (result !== 0) call('producer', 'del_consumer');
  }
  call('consumer', 'start');
  call('producer', 'start');
  return finish(result);
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
