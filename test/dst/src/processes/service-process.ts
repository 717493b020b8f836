import type { LogFollower, Node } from '@irqmesh/registry';
import type { InMemoryReadModel } from '@irqmesh/registry';
import { Seat } from '../world/seat.ts';
import { SimLog } from '../world/sim-log.ts';
import { SqliteFile } from '../world/sim-read-model.ts';
import type { ProcessClock } from '../time/process-clock.ts';
import { isProgramError } from '../run/history-recorder.ts';
import { SimProcess } from './sim-process.ts';

const SHORTEST_RESTART_MS = 50;
const LONGEST_RESTART_MS = 8_000;
/** A service that was told to stop and does not is killed. */
const STOP_TIMEOUT_MS = 15_000;

/** A registry or a matcher: something that folds the log. */
export abstract class ServiceProcess extends SimProcess {
  protected log!: SimLog;
  private store = new SqliteFile();
  private node_: Node<unknown> | undefined;

  /** Its fold; undefined while it does not run. */
  get follower(): LogFollower | undefined {
    return this.life.isAlive ? this.node_?.follower : undefined;
  }

  get ready(): boolean {
    return this.life.isAlive && this.node_?.ready === true;
  }

  /** SIGKILL, and started again after a moment or a while. @returns whether it ran. */
  crash(): boolean {
    return this.kill(this.world.random.between(SHORTEST_RESTART_MS, LONGEST_RESTART_MS));
  }

  /** SIGTERM: it ends by itself, and is started again. @returns whether it could be told. */
  stop(): boolean {
    const { life, world, node_: node } = this;
    if (!life.isAlive || life.isPaused || node === undefined) return false;
    world.trace.write(life.name, 'is told to stop');
    this.leave();
    const ended = (): void => {
      if (this.life === life) this.crash();
    };
    const hardStop = world.time.after(STOP_TIMEOUT_MS, ended);
    node.close().then(
      () => {
        hardStop.cancel();
        ended();
      },
      (error: unknown) => world.recorder.unexpected(`${life.name} stopping`, error),
    );
    return true;
  }

  /** Its fold lags behind the log for a while. @returns whether it folds. */
  lag(forMs: number): boolean {
    if (!this.life.isAlive) return false;
    this.world.trace.write(this.life.name, `lags for ${Math.round(forMs)} ms`);
    return this.log.lagUntil(this.world.time.nowMs + forMs);
  }

  /** Begins anew with an empty read model. */
  forget(): void {
    this.store = new SqliteFile();
  }

  protected begin(clock: ProcessClock): void {
    const { world, life } = this;
    if (!this.store.isEmpty && world.faults.strikes('store_lost', world.random)) this.forget();
    const seat = new Seat(world, this.node, life, clock, { fault: 'crash_at_call', kill: () => this.crash() });
    this.log = new SimLog(seat);
    const node = this.open(seat, this.store);
    this.node_ = node;
    node.start().then(
      () => {
        if (life.isAlive) this.takeCalls(seat, node);
      },
      (error: unknown) => {
        // As the process does: it cannot go on, ends, and is started again.
        if (isProgramError(error)) world.recorder.unexpected(`${life.name} starting`, error);
        world.trace.write(life.name, `cannot start: ${(error as Error).message}`);
        if (this.life === life) this.crash();
      },
    );
  }

  protected reports(seat: Seat) {
    const { world } = this;
    const { life } = seat;
    return {
      onFatal: (error: Error): void => {
        world.recorder.unexpected(`${life.name} cannot go on`, error);
        if (this.life === life) this.crash();
      },
      onWarning: (message: string, error?: unknown): void => {
        world.trace.write(life.name, `warns: ${message}${error === undefined ? '' : `: ${(error as Error).message}`}`);
        if (isProgramError(error)) world.recorder.unexpected(`${life.name}: ${message}`, error);
      },
    };
  }

  protected abstract open(seat: Seat, store: InMemoryReadModel): Node<unknown>;

  /** It is ready: calls may come. */
  protected abstract takeCalls(seat: Seat, node: Node<unknown>): void;

  /** No further calls come. */
  protected abstract leave(): void;
}
