import type { Scheduled } from '../time/virtual-time.ts';
import { ProcessClock } from '../time/process-clock.ts';
import type { ClockError } from '../time/process-clock.ts';
import { Life } from '../world/life.ts';
import type { World } from '../world/world.ts';

/** A process over all its runs: it can be killed, paused, and started again. */
export abstract class SimProcess {
  readonly node: string;
  life: Life;
  protected readonly world: World;
  private readonly clockError: ClockError;
  private runs = 0;
  private restart: Scheduled | undefined;

  protected constructor(world: World, node: string, clockError: ClockError) {
    this.world = world;
    this.node = node;
    this.clockError = clockError;
    this.life = new Life(`${node}#0`);
    this.life.kill();
  }

  /** Begins a new run. */
  start(): void {
    this.restart?.cancel();
    this.restart = undefined;
    this.life = new Life(`${this.node}#${++this.runs}`);
    this.world.trace.write(this.life.name, 'starts');
    this.begin(new ProcessClock(this.world.time, this.life, this.clockError, this.world.trace));
  }

  /** SIGKILL; starts again after a while. @returns whether there was a run to kill. */
  kill(restartAfterMs: number): boolean {
    if (!this.life.isAlive) return false;
    this.world.trace.write(this.life.name, 'is killed');
    this.life.kill();
    this.killed();
    this.restart = this.world.time.after(restartAfterMs, () => this.start());
    return true;
  }

  /** SIGSTOP, and SIGCONT after a while. @returns whether it ran. */
  pause(forMs: number): boolean {
    const { life, world } = this;
    if (!life.isAlive || life.isPaused) return false;
    world.trace.write(life.name, `is paused for ${Math.round(forMs)} ms`);
    life.pause();
    world.time.after(forMs, () => this.resume(life));
    return true;
  }

  /** Whatever was done to it is undone: it runs. */
  recover(): void {
    if (!this.life.isAlive) this.start();
    else this.resume(this.life);
  }

  /** Puts a run together and sets it going. */
  protected abstract begin(clock: ProcessClock): void;

  /** The run is over. */
  protected killed(): void {}

  private resume(life: Life): void {
    if (!life.isPaused) return;
    this.world.trace.write(life.name, 'goes on');
    life.resume((run) => this.world.time.after(0, run));
  }
}
