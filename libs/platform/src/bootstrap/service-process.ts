import { constants } from 'node:os';
import type { Logger } from '../logging/logger.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { lastWords } from './last-words.ts';
import { watchParent } from './parent-watch.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** For the whole shutdown; what hangs after that is left behind. */
const STOP_TIMEOUT_MS = 15_000;

type Undo = () => Promise<void>;

/** Decides how the process ends: asked to, with its parent, by a fault, or by what it cannot go on after. */
export class ServiceProcess {
  private readonly logger: Logger;
  private readonly stopRequest = new AbortController();
  private readonly undoing: Undo[] = [];

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** Aborts when the process is asked to stop. */
  get stopSignal(): AbortSignal {
    return this.stopRequest.signal;
  }

  /** Listens to signals and for errors that nobody caught, and follows the parent if there is one to follow. */
  begin(parentPid: number | undefined): void {
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        // Somebody insists.
        if (this.stopSignal.aborted) process.exit(128 + constants.signals[signal]);
        void this.stop(signal);
      });
    }
    process.on('uncaughtException', (err) => {
      this.logger.fatal({ err }, 'uncaught error');
      process.exit(ExitCode.FAULT);
    });
    if (parentPid === undefined) return;
    const unwatch = watchParent(parentPid, () => void this.stop(`the parent process ${parentPid} is gone`));
    this.whenStopping(async () => unwatch());
  }

  /** Adds a step of the shutdown; the last one added runs first. */
  whenStopping(undo: Undo): void {
    this.undoing.push(undo);
  }

  /** Ends the process at once: nothing it could still answer would be right. */
  fatal(error: Error): void {
    const code = exitCodeOf(error);
    if (code === undefined) this.logger.fatal({ err: error }, error.message);
    else this.logger.fatal(lastWords(error));
    process.exit(code ?? ExitCode.FATAL);
  }

  /** Ends the process because it could not start. */
  startFailed(error: unknown): void {
    // A step of the start that was cut short by a request to stop.
    if (this.stopSignal.aborted) return;
    const code = exitCodeOf(error);
    if (code === undefined) this.logger.fatal({ err: error }, 'could not start');
    else this.logger.fatal(lastWords(error));
    process.exit(code ?? ExitCode.FAULT);
  }

  private async stop(reason: string): Promise<void> {
    if (this.stopSignal.aborted) return;
    this.logger.info({ reason }, 'stopping');
    this.stopRequest.abort();
    setTimeout(() => {
      this.logger.error(`not stopped after ${STOP_TIMEOUT_MS} ms; leaving what is left`);
      process.exit(ExitCode.FAULT);
    }, STOP_TIMEOUT_MS);
    for (const undo of this.undoing.reverse()) {
      try {
        await undo();
      } catch (err) {
        this.logger.error({ err }, 'a step of the shutdown failed');
      }
    }
    this.logger.info('stopped');
    process.exit(ExitCode.OK);
  }
}
