import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { Clock } from '@irqmesh/domain';

/** The moment at which a command's caller gives up, and what the command is waiting for meanwhile. */
export class Deadline {
  /** Aborted at that moment. */
  readonly signal: AbortSignal;
  /** For the caller that is told -ETIMEDOUT: why it took so long. */
  waitingFor = 'an earlier command of this participant is under way';
  private readonly timeoutMs: number;
  private readonly clock: Clock;
  private readonly controller = new AbortController();

  constructor(clock: Clock, timeoutMs: number) {
    this.clock = clock;
    this.timeoutMs = timeoutMs;
    this.signal = this.controller.signal;
  }

  /** What the command comes to; at the deadline rejects with -ETIMEDOUT instead, while the command goes on by itself. */
  await<T>(command: Promise<T>, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(this.timeoutMs, () => {
        this.controller.abort();
        reject(new IrqBypassError(Errno.ETIMEDOUT, `${what} took longer than ${this.timeoutMs} ms: ${this.waitingFor}`));
      });
      command.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
