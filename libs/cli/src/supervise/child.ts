import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogFileReader, parseLogLine } from './log-file.ts';

/** What a child process is made from. */
export interface ChildSpec {
  /** For people: `matcher`, `host-agent host-a`. */
  readonly name: string;
  /** The JavaScript file that Node runs. */
  readonly program: string;
  /** Added to this process's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets the child's output, after what it holds already. */
  readonly logFile: string;
}

/** How a process ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const READY_POLL_MS = 50;
/** How long a child may take to stop when asked to. */
const STOP_GRACE_MS = 3000;

/** Set once for one process: a child must not take them over. */
const OWN_VARIABLES = ['IRQMESH_INSTANCE', 'IRQMESH_STATE_DIR', 'IRQMESH_HTTP_PORT', 'IRQMESH_HOST', 'IRQMESH_INVENTORY', 'IRQMESH_BOOT', 'IRQMESH_DEBUG'];

const running = new Set<ChildProcess>();

/** The last resort, however this process exits: nothing stays behind. (Children notice a SIGKILL of it by themselves.) */
process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

/** A service as a process of its own, out of the terminal's reach: only we end it. */
export class Child {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly exited: Promise<ChildExit>;
  private readonly process: ChildProcess;
  private readonly log: LogFileReader;
  private isRunning = true;

  /** @throws when the process cannot be started */
  static async start(spec: ChildSpec): Promise<Child> {
    const log = new LogFileReader(spec.logFile);
    const output = openSync(spec.logFile, 'a');
    try {
      // Detached: a process group of its own, which Ctrl-C in the terminal does not reach.
      const child = spawn(process.execPath, [spec.program], { env: environment(spec), stdio: ['ignore', output, output], detached: true });
      running.add(child);
      child.once('exit', () => running.delete(child));
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
      return new Child(child, log);
    } finally {
      closeSync(output);
    }
  }

  private constructor(child: ChildProcess, log: LogFileReader) {
    this.process = child;
    this.log = log;
    this.pid = child.pid!;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.isRunning = false;
        resolve({ code, signal });
      });
    });
  }

  /** The port that the child's line "ready" tells; undefined when it ended or `signal` was aborted before. */
  async ready(timeoutMs: number, signal: AbortSignal): Promise<number | undefined> {
    for (const endMs = performance.now() + timeoutMs; performance.now() < endMs && !signal.aborted; ) {
      const isRunning = this.isRunning;
      for (const line of this.log.readNew()) {
        const fields = parseLogLine(line);
        if (fields?.['msg'] === 'ready') return Number(fields['httpPort']);
      }
      if (!isRunning) return undefined;
      await sleep(READY_POLL_MS);
    }
    return undefined;
  }

  kill(): Promise<ChildExit> {
    if (this.isRunning) signalGroup(this.process, 'SIGKILL');
    return this.exited;
  }

  /** Asks it to stop; kills it when it has not after 3 s. */
  async stop(): Promise<ChildExit> {
    if (!this.isRunning) return this.exited;
    signalGroup(this.process, 'SIGTERM');
    const timer = setTimeout(() => void this.kill(), STOP_GRACE_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}

function environment({ env }: ChildSpec): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.includes(name)));
  return { ...inherited, ...env, IRQMESH_PARENT_PID: String(process.pid) };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  // A group that is gone, exited between the check and here, is what was wanted.
  try {
    process.kill(-child.pid!, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
