import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../command-error.ts';
import { Child } from './child.ts';
import type { ChildExit, ChildSpec } from './child.ts';
import { lastLines } from './log-file.ts';

/**
 * - `starting`: for the first time, or asked for again. `ready`: it answers. `restarting`: it died and comes back.
 * - `stopped`: asked to, or killed on purpose. `failed`: it died too often.
 */
export type ProcessStatus = 'starting' | 'ready' | 'restarting' | 'stopped' | 'failed';

/** What a supervised process tells whoever shows it. */
export interface ProcessListener {
  /** @param sentence for people; undefined where the status says it all */
  onStatus(name: string, status: ProcessStatus, sentence?: string): void;
  /** It died and is not started again. */
  onFailed(error: CommandError): void;
}

const READY_TIMEOUT_MS = 60_000;
const RESTARTS_MAX = 5;
const FIRST_BACKOFF_MS = 250;
const LINES_SHOWN = 6;
/** A service's own words that it could not go on: wrong settings, lost data. Starting it again would not help. */
const FINAL_EXIT_CODES: readonly (number | null)[] = [74, 78];

/** A service that is started again when it dies. */
export class SupervisedProcess {
  readonly name: string;
  status: ProcessStatus = 'stopped';
  restarts = 0;
  /** 0 until it is ready. */
  httpPort = 0;
  private readonly spec: ChildSpec;
  private readonly listener: ProcessListener;
  private child: Child | undefined;
  private stopping = new AbortController();
  /** The start that is under way, or the last one. */
  private launching: Promise<unknown> = Promise.resolve();
  private watching: Promise<void> = Promise.resolve();

  constructor(spec: ChildSpec, listener: ProcessListener) {
    this.name = spec.name;
    this.spec = spec;
    this.listener = listener;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Starts it and waits until it is ready; `env` is added to its environment.
   * @throws CommandError when it ended before, or was not ready within 60 s
   */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.stopping = new AbortController();
    const spec = { ...this.spec, env: { ...this.spec.env, ...env } };
    this.setStatus('starting');
    const child = await this.launch(spec);
    if (child === undefined) return;
    this.watching = this.watch(spec, child);
  }

  /** Ends it at once, as a power cut would; it is not started again by itself. */
  async kill(): Promise<void> {
    await this.end((child) => child.kill());
  }

  async stop(): Promise<void> {
    await this.end((child) => child.stop());
  }

  private async end(how: (child: Child) => Promise<ChildExit>): Promise<void> {
    this.stopping.abort();
    if (this.child !== undefined) await how(this.child);
    // A process whose start was under way is ended there.
    await Promise.allSettled([this.launching, this.watching]);
    if (this.status !== 'failed') this.setStatus('stopped');
  }

  private launch(spec: ChildSpec): Promise<Child | undefined> {
    const launching = this.runUntilReady(spec);
    this.launching = launching;
    return launching;
  }

  /** Undefined when it is not wanted any more. @throws CommandError */
  private async runUntilReady(spec: ChildSpec): Promise<Child | undefined> {
    const { signal } = this.stopping;
    if (signal.aborted) return undefined;
    const child = await Child.start(spec);
    this.child = child;
    const port = await child.ready(READY_TIMEOUT_MS, signal);
    if (signal.aborted) {
      await child.stop();
      return undefined;
    }
    if (port === undefined) throw await this.notReady(child);
    this.httpPort = port;
    this.setStatus('ready');
    return child;
  }

  private async notReady(child: Child): Promise<CommandError> {
    const dead = await Promise.race([child.exited, sleep(0)]);
    await child.kill();
    const what = dead === undefined ? `was not ready within ${READY_TIMEOUT_MS / 1000} s` : `${endOf(dead)} before it was ready`;
    return new CommandError(`${this.name} ${what}${this.lastWords()}`);
  }

  /** Waits for its end, and starts it again; ends when it is stopped or given up. */
  private async watch(spec: ChildSpec, first: Child): Promise<void> {
    for (let child: Child | undefined = first; child !== undefined; ) {
      const exit = await child.exited;
      if (this.stopping.signal.aborted) return;
      if (this.restarts >= RESTARTS_MAX || FINAL_EXIT_CODES.includes(exit.code)) {
        return this.giveUp(new CommandError(`${this.name} ${endOf(exit)} and is not started again${this.lastWords()}`));
      }
      child = await this.restart(spec, endOf(exit));
    }
  }

  private async restart(spec: ChildSpec, why: string): Promise<Child | undefined> {
    this.restarts += 1;
    this.setStatus('restarting', `${this.name} ${why}; starting it again (${this.restarts} of at most ${RESTARTS_MAX})`);
    const backoffMs = FIRST_BACKOFF_MS * 2 ** (this.restarts - 1);
    await sleep(backoffMs, undefined, { signal: this.stopping.signal }).catch(() => {});
    try {
      return await this.launch(spec);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.giveUp(error);
      return undefined;
    }
  }

  private giveUp(error: CommandError): void {
    this.setStatus('failed', error.message);
    this.listener.onFailed(error);
  }

  private lastWords(): string {
    const lines = lastLines(this.spec.logFile, LINES_SHOWN);
    return lines.length === 0 ? `; it wrote nothing to ${this.spec.logFile}` : `; the end of ${this.spec.logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }

  private setStatus(status: ProcessStatus, sentence?: string): void {
    this.status = status;
    this.listener.onStatus(this.name, status, sentence);
  }
}

function endOf({ code, signal }: ChildExit): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}
