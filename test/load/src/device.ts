import { ADD, Errno, IrqBypassError } from '@irqmesh/domain';
import type { Callback, Clock, Side } from '@irqmesh/domain';
import type { Peer } from '@irqmesh/client/core';
import type { AgentLife, CallbackFault, LoadRecorder } from './load-recorder.ts';
import type { SeededRandom } from './seeded-random.ts';

/**
 * Results that real drivers return, those among them with which the manager refuses too, one that a real driver returned
 * though it is none (66311), and the largest.
 */
const FAILURES = [-2, -5, -11, -12, -16, -19, -22, -71, -110, 1, 66_311, 2_147_483_647];
/** How often a failure is a throw, of an errno or of anything. */
const THROWN = 0.3;
/** A stop, start or del can fail too, which the kernel's cannot; more seldom, or nothing would ever be connected. */
const VOID_FAILED = 0.1;
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

/** How a callback ends: what its agent takes it for, and what it throws, if it does. */
interface Ending {
  readonly result: number;
  readonly error?: Error;
}

/** What the callbacks of one host do: as the real ones, they work, fail, take their time, or hang. */
export class Device {
  private readonly options: DeviceOptions;

  constructor(options: DeviceOptions) {
    this.options = options;
  }

  /** Runs a callback; a number, a promise of one, a promise that is never kept, or a throw. */
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
    const { result, error } = this.ending(callback === ADD[side]);
    const end = (): number => {
      trace(`${what}: ${error === undefined ? result : `throws ${error.message}`}`);
      recorder.callbackEnded(run, result);
      if (error !== undefined) throw error;
      return result;
    };
    const takesMs = this.durationMs(deadlineMs);
    if (takesMs === 0) return end();
    return new Promise<void>((resolve) => void clock.after(takesMs, resolve)).then(end);
  }

  private ending(isAdd: boolean): Ending {
    const { faults, random } = this.options;
    const mayFail = isAdd || random.chance(VOID_FAILED);
    if (!mayFail || !faults.strikes('callback_failed', random)) return { result: 0 };
    const result = random.pick(FAILURES);
    if (!random.chance(THROWN)) return { result };
    if (random.chance(0.5)) return { result, error: new IrqBypassError(result, `errno ${result}`) };
    return { result: Errno.EIO, error: new Error('an error of the driver') };
  }

  private durationMs(deadlineMs: number): number {
    const { faults, random } = this.options;
    if (faults.strikes('callback_late', random)) return Math.min(deadlineMs * random.between(1.02, 1.8), LONGEST_LATE_MS);
    if (faults.strikes('callback_slow', random)) return deadlineMs * random.between(0.001, 0.8);
    return 0;
  }
}
