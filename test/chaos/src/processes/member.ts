import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TcpProxy } from '../bus/tcp-proxy.ts';

/** What a member's program is started with. */
export interface Program {
  readonly script: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const KEPT_LINES = 400;
const STOP_TIMEOUT_MS = 20_000;
/** Of a program that ended because NATS was not there; a supervisor starts it again. */
const UNAVAILABLE = 69;
const START_AGAIN_MS = 500;

/** A process of the run, with its own way to NATS, over all its runs. The nemesis kills, pauses and cuts it off. */
export abstract class Member {
  readonly name: string;
  readonly proxy: TcpProxy;
  /** Ends that nobody caused and that no supervisor would mend, each a sentence. */
  readonly surprises: string[] = [];
  private readonly lines: string[] = [];
  private child: ChildProcess | undefined;
  private closed: Promise<void> = Promise.resolve();
  private runs = 0;
  private paused = false;
  /** Starts it again after it has ended by itself, as a supervisor would. */
  private again: NodeJS.Timeout | undefined;

  protected constructor(name: string, proxy: TcpProxy) {
    this.name = name;
    this.proxy = proxy;
  }

  /** The run of the process: `host-a#2`. */
  get incarnation(): string {
    return `${this.name}#${this.runs}`;
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  get isPaused(): boolean {
    return this.paused;
  }

  /** Its last lines over all its runs. */
  get log(): readonly string[] {
    return this.lines;
  }

  start(): void {
    clearTimeout(this.again);
    if (this.child !== undefined) return;
    this.runs += 1;
    const { script, args, environment } = this.program();
    const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env['PATH'], ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    const { incarnation } = this;
    createInterface({ input: child.stdout }).on('line', (line) => this.took(line, incarnation));
    createInterface({ input: child.stderr }).on('line', (line) => this.keep(line));
    // A process that was just killed does not take what is written to it.
    child.stdin.on('error', () => {});
    this.closed = new Promise((resolve) => {
      // Not 'exit': by 'close' all that it wrote has been read.
      child.once('close', (code, signal) => {
        this.ended(child, code, signal);
        resolve();
      });
    });
  }

  /** SIGKILL. Resolves when it is gone and all that it wrote has been read. */
  async kill(): Promise<void> {
    clearTimeout(this.again);
    const { child, closed } = this;
    if (child === undefined) return;
    this.child = undefined;
    this.paused = false;
    child.kill('SIGKILL');
    await closed;
    this.wasKilled();
  }

  /** SIGTERM, and what does not end in order is a surprise. */
  async stop(): Promise<void> {
    clearTimeout(this.again);
    const { child, closed } = this;
    if (child === undefined) return;
    this.resume();
    const wasReady = await this.isReady();
    this.child = undefined;
    child.kill('SIGTERM');
    const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await closed;
    clearTimeout(overdue);
    this.wasKilled();
    // One that is still starting has nothing to end in order yet.
    if (child.exitCode !== 0 && wasReady) this.surprises.push(`${this.incarnation} ended with ${child.signalCode ?? child.exitCode} when it was told to stop`);
  }

  /** SIGSTOP: it stands still, and does not know it. */
  pause(): void {
    if (this.child === undefined || this.paused) return;
    this.paused = true;
    this.wasPaused();
    this.child.kill('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    if (this.child === undefined || !this.paused) return;
    this.paused = false;
    this.child.kill('SIGCONT');
  }

  /** Writes a line to it; one that is gone does not hear it. */
  protected tell(line: string): void {
    this.child?.stdin?.write(`${line}\n`);
  }

  protected keep(line: string): void {
    this.lines.push(`${this.incarnation} ${line}`);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
  }

  /** Whether it does now what it is there for. */
  abstract isReady(): Promise<boolean>;

  protected abstract program(): Program;

  /** It wrote a line. */
  protected abstract took(line: string, incarnation: string): void;

  /** Whether it may end so although nobody here ended it. */
  protected mayEnd(code: number | null, _signal: NodeJS.Signals | null): boolean {
    return code === UNAVAILABLE;
  }

  /** Its run is over: no call of it returns any more. */
  protected wasKilled(): void {}

  protected wasPaused(): void {}

  private ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    // Somebody here ended it.
    if (this.child !== child) return;
    this.child = undefined;
    this.paused = false;
    this.wasKilled();
    if (!this.mayEnd(code, signal)) this.surprises.push(`${this.incarnation} ended by itself with ${signal ?? code}: ${this.lines.at(-1) ?? 'it said nothing'}`);
    this.again = setTimeout(() => this.start(), START_AGAIN_MS);
  }
}
