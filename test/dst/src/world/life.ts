/** A promise that nobody waits for: its process is gone. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}

/**
 * One run of a process, from its start to its end. Everything that comes to a process from outside (messages, answers,
 * timers) comes through here: a dead one gets nothing, a paused one gets it when it goes on.
 */
export class Life {
  readonly name: string;
  private alive = true;
  private paused = false;
  private deferred: (() => void)[] = [];
  private readonly endings: (() => void)[] = [];

  /** @param name the process and which run of it: `matcher-0#2`. */
  constructor(name: string) {
    this.name = name;
  }

  get isAlive(): boolean {
    return this.alive;
  }

  get isPaused(): boolean {
    return this.paused;
  }

  /** Something reaches the process: now, when it goes on, or never. */
  deliver(run: () => void): void {
    if (!this.alive) return;
    if (this.paused) this.deferred.push(run);
    else run();
  }

  /** A dead process makes no calls: whatever still runs of it waits for ever. */
  call<T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    if (!this.alive) return never();
    return new Promise((resolve, reject) => start((value) => this.deliver(() => resolve(value)), (error) => this.deliver(() => reject(error))));
  }

  /** What the world does when the process is gone: its connections close. */
  onEnd(run: () => void): void {
    this.endings.push(run);
  }

  /** SIGKILL: nothing of it runs any more. */
  kill(): void {
    this.alive = false;
    this.deferred = [];
    for (const run of this.endings.splice(0)) run();
  }

  /** SIGSTOP. */
  pause(): void {
    this.paused = true;
  }

  /** SIGCONT: what came meanwhile is there all at once, and is taken one after the other. */
  resume(soon: (run: () => void) => void): void {
    if (!this.paused) return;
    this.paused = false;
    for (const run of this.deferred.splice(0)) soon(() => this.deliver(run));
  }
}
