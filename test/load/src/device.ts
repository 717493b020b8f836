import { ADD } from '@irqmesh/domain';
import type { Callback, Clock, Side } from '@irqmesh/domain';
import type { Peer } from '@irqmesh/client/core';
import type { AgentLife, CallbackFault, LoadRecorder } from './load-recorder.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Results that real drivers return, and one that a real driver returned though it is none (66311). */
const FAILURES = [-2, -5, -71, 1, 66_311];
/** No callback may hang past what is left of a session's life when its agent fences itself (rule 4). */
const LONGEST_LATE_MS = 5_900;

export interface DeviceOptions {
  readonly host: string;
  readonly life: AgentLife;
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Whether a fault strikes this time. */
  readonly faults: { strikes(fault: CallbackFault, random: SeededRandom): boolean };
  readonly recorder: LoadRecorder;
  readonly trace: (what: string) => void;
  /** Kills the agent. */
  readonly crash: () => void;
}

/** Whose callback runs. */
export interface CallbackOwner {
  readonly call: number;
  readonly token: string;
  readonly side: Side;
  readonly participant: string;
  readonly callback: Callback;
  readonly deadlineMs: number;
  readonly group: string | undefined;
}

/** What the callbacks of one host do: as the real ones, they work, fail, take their time, or hang. */
export class Device {
  private readonly options: DeviceOptions;

  constructor(options: DeviceOptions) {
    this.options = options;
  }

  /** Runs a callback; a number, a promise of one, or a promise that is never kept. */
  run(owner: CallbackOwner, peer: Peer): number | Promise<number> {
    const { life, host, recorder, trace, faults, random, clock, crash } = this.options;
    if (!life.isAlive) return new Promise(() => {});
    const { call, token, side, participant, callback, deadlineMs } = owner;
    const { operationSequence } = peer;
    const what = `${callback} of ${side} ${participant} ${token}, operation ${operationSequence}`;
    trace(what);
    const run = recorder.callbackBegan({ agent: life.name, host, side, participant, token, call, callback, operationSequence });
    if (faults.strikes('agent_crash_at_callback', random)) {
      crash();
      return new Promise(() => {});
    }
    if (faults.strikes('callback_hung', random)) return new Promise(() => {});
    const result = callback === ADD[side] && faults.strikes('callback_failed', random) ? random.pick(FAILURES) : 0;
    const end = (): number => {
      trace(`${what}: ${result}`);
      recorder.callbackEnded(run, result);
      return result;
    };
    const takesMs = this.durationMs(deadlineMs);
    if (takesMs === 0) return end();
    return new Promise((resolve) => {
      clock.after(takesMs, () => resolve(end()));
    });
  }

  private durationMs(deadlineMs: number): number {
    const { faults, random } = this.options;
    if (faults.strikes('callback_late', random)) return Math.min(deadlineMs * random.between(1.02, 1.8), LONGEST_LATE_MS);
    if (faults.strikes('callback_slow', random)) return deadlineMs * random.between(0.001, 0.8);
    return 0;
  }
}
