import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type ServiceName = 'producer-registry' | 'consumer-registry' | 'matcher';

const READY_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const KEPT_LINES = 40;
/** From src and from dist alike. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** How a service ended by itself. */
export interface ServiceEnd {
  readonly code: number | null;
  /** The messages of its lines of level "fatal". */
  readonly lastWords: readonly string[];
}

/** One service as a process of its own, with its own state folder, which outlives a kill. */
export class ServiceProcess {
  readonly name: ServiceName;
  private readonly environment: Readonly<Record<string, string>>;
  private readonly lines: string[] = [];
  private child: ChildProcess | undefined;
  private ended: Promise<number | null> = Promise.resolve(null);
  private port = 0;

  /** @param stateDir the folder of this instance's read model. */
  constructor(name: ServiceName, instance: string, natsUrl: string, stateDir: string, settings: Readonly<Record<string, string>>) {
    this.name = name;
    this.environment = {
      ...settings,
      IRQMESH_NATS_URL: natsUrl,
      IRQMESH_STATE_DIR: stateDir,
      IRQMESH_INSTANCE: instance,
      IRQMESH_PARENT_PID: String(process.pid),
    };
    mkdirSync(stateDir, { recursive: true });
  }

  /** Of the process that runs; undefined while none does. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Starts it and waits until it is ready.
   * @param settings variables of the environment for this start, beside those that it was made with
   * @throws with its last lines when it ends first or takes too long.
   */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const { child, output } = this.spawn(settings);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.failure(`was not ready within ${READY_TIMEOUT_MS} ms`)), READY_TIMEOUT_MS);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(this.failure(`ended with ${signal ?? code} before it was ready`));
      });
      output.on('line', (line) => {
        const ready = readyPort(line);
        if (ready === undefined) return;
        this.port = ready;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Starts it, and waits until it has ended by itself. @throws with its last lines when it is still there after a minute. */
  async startInVain(settings: Readonly<Record<string, string>> = {}): Promise<ServiceEnd> {
    this.spawn(settings);
    return this.whenEnded();
  }

  /** Waits until it has ended by itself. @throws with its last lines when it is still there after a minute. */
  async whenEnded(): Promise<ServiceEnd> {
    const code = await new Promise<number | null>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.failure(`has not ended within ${END_TIMEOUT_MS} ms`)), END_TIMEOUT_MS);
      void this.ended.then((exitCode) => {
        clearTimeout(timer);
        resolve(exitCode);
      });
    });
    const fatal = this.lines.filter((line) => line.includes('"level":"fatal"'));
    return { code, lastWords: fatal.map((line) => (JSON.parse(line) as { readonly msg: string }).msg) };
  }

  /** Where `/healthz` and `/readyz` are. */
  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Removes its read model, as an operator would; it must not run. */
  removeState(): void {
    const stateDir = this.environment['IRQMESH_STATE_DIR']!;
    rmSync(stateDir, { recursive: true });
    mkdirSync(stateDir);
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM, and waits for a graceful end. @throws when it takes too long or ends with another code than 0. */
  async stop(): Promise<void> {
    const code = await this.end('SIGTERM');
    if (code !== 0 && code !== undefined) throw this.failure(`ended with code ${code} when it was told to stop`);
  }

  /** Its last lines, for messages. */
  get tail(): string {
    return this.lines.join('\n');
  }

  private spawn(settings: Readonly<Record<string, string>>): { readonly child: ChildProcess; readonly output: Interface } {
    const child = spawn(process.execPath, [`${ROOT}services/${this.name}/dist/main.js`], {
      env: { PATH: process.env['PATH'], ...this.environment, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.lines.length = 0;
    // Not 'exit': by 'close' all that it wrote has been read.
    this.ended = new Promise((resolve) => child.once('close', resolve));
    createInterface({ input: child.stderr }).on('line', (line) => this.keep(line));
    const output = createInterface({ input: child.stdout }).on('line', (line) => this.keep(line));
    return { child, output };
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null | undefined> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return undefined;
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const code = await ended;
    clearTimeout(timer);
    return signal === 'SIGKILL' ? undefined : code;
  }

  private keep(line: string): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
  }

  private failure(what: string): Error {
    return new Error(`${this.name} ${what}; its last lines:\n${this.tail}`);
  }
}

/** The port in the line that says that the service is ready; undefined for any other line. */
function readyPort(line: string): number | undefined {
  if (!line.includes('"msg":"ready"')) return undefined;
  return (JSON.parse(line) as { readonly httpPort: number }).httpPort;
}
