import { Errno, IrqBypassError } from '@irqmesh/domain';

/** Commands of one participant that may wait. */
const MAX_COMMANDS = 64;

/** One command at a time, in the order asked (rule 5). */
export class CommandQueue {
  private last: Promise<unknown> = Promise.resolve();
  private count = 0;

  /** Whether nothing runs and nothing waits. */
  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Runs a command after those before it. @throws IrqBypassError -ENOMEM when too many wait. */
  async run<T>(command: () => Promise<T>): Promise<T> {
    if (this.count >= MAX_COMMANDS) throw new IrqBypassError(Errno.ENOMEM, `${MAX_COMMANDS} commands of this participant wait already; await them first`);
    this.count += 1;
    const run = this.last.then(command);
    this.last = run.then(noteEnd, noteEnd);
    const counted = run.finally(() => (this.count -= 1));
    return counted;
  }
}

/** How a command ended is its caller's business; the next one only has to come after it. */
function noteEnd(): void {}
