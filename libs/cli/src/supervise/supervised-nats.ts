import { NatsServerError, startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { CommandError, ExitCode } from '../command-error.ts';
import type { ProcessListener, ProcessStatus } from './supervised.ts';

const NAME = 'nats-server';
const WATCH_INTERVAL_MS = 250;
const RESTARTS_MAX = 5;

/** The NATS server of this run, started again on the same port and data when it dies. */
export class SupervisedNats {
  readonly name = NAME;
  status: ProcessStatus = 'stopped';
  restarts = 0;
  private readonly storeDir: string;
  private readonly listener: ProcessListener;
  private starting: Promise<NatsServer> | undefined;
  private server: NatsServer | undefined;
  private restarting: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(storeDir: string, listener: ProcessListener) {
    this.storeDir = storeDir;
    this.listener = listener;
  }

  get url(): string {
    return this.server!.url;
  }

  get monitorUrl(): string {
    return this.server!.monitorUrl;
  }

  get pid(): number | undefined {
    return this.server?.pid;
  }

  /** @throws CommandError with exit code 69 when there is no usable nats-server */
  async start(): Promise<void> {
    this.setStatus('starting');
    this.starting = startNatsServer({ storeDir: this.storeDir });
    try {
      this.server = await this.starting;
    } catch (cause) {
      if (!(cause instanceof NatsServerError)) throw cause;
      throw new CommandError(cause.message, ExitCode.UNAVAILABLE, { cause });
    }
    this.setStatus('ready');
    this.timer = setInterval(() => this.watch(), WATCH_INTERVAL_MS);
  }

  /** Ends it, also one that is still starting. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.allSettled([this.starting, this.restarting]);
    const server = await this.starting?.catch(() => undefined);
    await server?.stop();
    this.setStatus('stopped');
  }

  private watch(): void {
    if (this.restarting !== undefined || this.server?.pid !== undefined) return;
    this.restarting = this.restart().finally(() => (this.restarting = undefined));
  }

  private async restart(): Promise<void> {
    this.restarts += 1;
    if (this.restarts > RESTARTS_MAX) return this.giveUp(new CommandError(`${NAME} died ${this.restarts} times and is not started again`));
    this.setStatus('restarting', `${NAME} died; starting it again (${this.restarts} of at most ${RESTARTS_MAX})`);
    try {
      await this.server!.restart();
      this.setStatus('ready');
    } catch (cause) {
      if (!(cause instanceof NatsServerError)) throw cause;
      this.giveUp(new CommandError(cause.message, ExitCode.UNAVAILABLE, { cause }));
    }
  }

  private giveUp(error: CommandError): void {
    clearInterval(this.timer);
    this.setStatus('failed', error.message);
    this.listener.onFailed(error);
  }

  private setStatus(status: ProcessStatus, sentence?: string): void {
    this.status = status;
    this.listener.onStatus(NAME, status, sentence);
  }
}
