import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkNatsServerVersion, findNatsServer } from './binary.ts';
import { NatsServerError } from './errors.ts';
import { guardAgainstOrphan } from './orphan-guard.ts';
import { TextTail } from './text-tail.ts';

export interface NatsServerOptions {
  /** The program; by default as `findNatsServer` finds it. */
  readonly binary?: string | undefined;
  /** Where JetStream keeps its data; by default a temporary folder that `stop` removes. */
  readonly storeDir?: string | undefined;
  /** The port for clients on the loopback interface; by default (-1) a free one, which a restart keeps. */
  readonly port?: number | undefined;
  /** Default true. */
  readonly jetstream?: boolean | undefined;
  /** JetStream syncs every write to disk before it acknowledges it; by default every two minutes. */
  readonly syncAlways?: boolean | undefined;
  /** A server configuration, for accounts and permissions. Address, ports and JetStream's folder are set beside it. */
  readonly configFile?: string | undefined;
}

const READY_TIMEOUT_MS = 15_000;
const READY_POLL_MS = 10;
const STOP_TIMEOUT_MS = 10_000;
const STDERR_TAIL_CHARACTERS = 2000;

/** What the server writes to its ports file. */
interface Ports {
  readonly nats: readonly string[];
  readonly monitoring: readonly string[];
}

/**
 * Starts a NATS server for development and tests, on the loopback interface. It ends with this process at the latest.
 * @throws NatsServerError when the program is missing or too old, or the server does not become ready within 15 s
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  if (options.configFile !== undefined && options.syncAlways === true) {
    throw new NatsServerError('syncAlways does not go with a configFile: set jetstream.sync_interval in the file');
  }
  const binary = options.binary ?? findNatsServer();
  await checkNatsServerVersion(binary);
  const server = new NatsServer(binary, await mkdtemp(join(tmpdir(), 'irqmesh-nats-')), options);
  await server.restart();
  return server;
}

/** One nats-server process at a time; made by `startNatsServer`. */
export class NatsServer {
  private readonly binary: string;
  private readonly workDir: string;
  private readonly options: NatsServerOptions;
  private child: ChildProcess | undefined;
  private ports: Ports | undefined;

  /** @param workDir belongs to the server and is removed by `stop` */
  constructor(binary: string, workDir: string, options: NatsServerOptions) {
    this.binary = binary;
    this.workDir = workDir;
    this.options = options;
  }

  /** `nats://127.0.0.1:<port>`, the same for the server's life. */
  get url(): string {
    return this.ports!.nats[0]!;
  }

  /** `http://127.0.0.1:<port>`, where the server tells about itself (`/varz`, `/connz`, `/jsz`). */
  get monitorUrl(): string {
    return this.ports!.monitoring[0]!;
  }

  /** The process; undefined while none runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Shuts the server down in order and removes its temporary files. May be called more than once. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.workDir, { recursive: true, force: true });
  }

  /** Ends the process with SIGKILL, as a crash would; its data stays for `restart`. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Starts the process again on the same ports and data; one that runs is shut down first. Not after `stop`. */
  async restart(): Promise<void> {
    await this.end('SIGTERM');
    const portsDir = await mkdtemp(join(this.workDir, 'ports-'));
    const child = spawn(this.binary, await this.arguments(portsDir), { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    const stderr = new TextTail(child.stderr, STDERR_TAIL_CHARACTERS);
    let failure: Error | undefined;
    child.once('error', (error) => void (failure = error));
    this.child = child;
    if (child.pid !== undefined) {
      const guard = guardAgainstOrphan(child.pid);
      child.once('exit', () => {
        guard.kill();
        if (this.child === child) this.child = undefined;
      });
    }
    const ports = await this.waitUntilReady(portsDir, () => failure !== undefined || this.child !== child);
    if (ports !== undefined) {
      this.ports = ports;
      return;
    }
    const ended = failure?.message ?? (this.child === child ? `was not ready within ${READY_TIMEOUT_MS} ms` : 'ended at once');
    await this.stop();
    throw new NatsServerError(`nats-server (${this.binary}) ${ended}; its last words: ${stderr.text() || 'none'}`);
  }

  private async arguments(portsDir: string): Promise<string[]> {
    const { configFile, jetstream = true, storeDir = join(this.workDir, 'store'), port = -1, syncAlways } = this.options;
    const args = ['--addr', '127.0.0.1', '--ports_file_dir', portsDir];
    args.push('--port', portOf(this.ports?.nats) ?? String(port), '--http_port', portOf(this.ports?.monitoring) ?? '-1');
    if (jetstream) args.push('--jetstream', '--store_dir', storeDir);
    if (configFile !== undefined) return [...args, '--config', configFile];
    if (syncAlways !== true) return args;
    const ownConfig = join(this.workDir, 'nats-server.conf');
    await writeFile(ownConfig, 'jetstream { sync_interval: always }\n');
    return [...args, '--config', ownConfig];
  }

  /** The ports file comes last in the server's start: who can read it can connect. Undefined: it ended, or is too late. */
  private async waitUntilReady(portsDir: string, ended: () => boolean): Promise<Ports | undefined> {
    const deadlineMs = performance.now() + READY_TIMEOUT_MS;
    while (!ended() && performance.now() < deadlineMs) {
      const [name] = await readdir(portsDir);
      const text = name === undefined ? '' : await readFile(join(portsDir, name), 'utf8');
      if (text.endsWith('}')) return JSON.parse(text) as Ports; // Else it is being written.
      await sleep(READY_POLL_MS);
    }
    return undefined;
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(overdue);
  }
}

function portOf(urls: readonly string[] | undefined): string | undefined {
  return urls === undefined ? undefined : new URL(urls[0]!).port;
}
