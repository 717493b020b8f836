import { removeCurrentInstance, writeCurrentInstance } from '../current-instance.ts';
import { serviceProgram } from './paths.ts';
import type { ServiceName } from './paths.ts';
import type { RunFolder } from './run-folder.ts';
import { SupervisedNats } from './supervised-nats.ts';
import { SupervisedProcess } from './supervised.ts';
import type { ProcessListener } from './supervised.ts';

export interface StackOptions {
  readonly command: 'demo' | 'up';
  readonly folder: RunFolder;
  /** A server that somebody else runs; without it, one is started. */
  readonly natsUrl?: string | undefined;
  /** Added to the environment of every process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly listener: ProcessListener;
}

/** A simulated host of the stack. */
export interface StackHost {
  readonly name: string;
  /** Absolute. */
  readonly paths: readonly string[];
}

const SERVICES: readonly Exclude<ServiceName, 'host-agent'>[] = ['producer-registry', 'consumer-registry', 'matcher'];

/** A whole irqmesh on this machine: NATS, the three services and simulated hosts, each a process of its own. */
export class Stack {
  readonly nats: SupervisedNats | undefined;
  readonly services: readonly SupervisedProcess[];
  readonly hosts: ReadonlyMap<string, SupervisedProcess>;
  private readonly options: StackOptions;
  private stopping: Promise<void> | undefined;
  private announced = false;

  constructor(options: StackOptions, hosts: readonly StackHost[]) {
    const { folder, listener, natsUrl } = options;
    this.options = options;
    this.nats = natsUrl === undefined ? new SupervisedNats(folder.natsDir, listener) : undefined;
    this.services = SERVICES.map((name) => this.process(name, name, { IRQMESH_STATE_DIR: folder.serviceDir(name) }));
    this.hosts = new Map(hosts.map(({ name, paths }) => [name, this.process('host-agent', name, { IRQMESH_HOST: name, IRQMESH_INVENTORY: paths.join(',') })]));
  }

  get natsUrl(): string {
    return this.options.natsUrl ?? this.nats!.url;
  }

  /**
   * Starts everything but hosts, and waits until it is ready.
   * @param signal aborted, the start ends early; `stop` is called for by the caller in any case
   * @throws CommandError naming the process that did not start, with its last words
   */
  async start(signal: AbortSignal): Promise<void> {
    await this.nats?.start();
    if (signal.aborted) return;
    await this.together(this.services.map((service) => service.start(this.natsEnv())));
    if (!signal.aborted) this.announce();
  }

  /** Starts a host's agent and waits until it is ready. @param boot number of the host's boot, from 1 */
  async startHost(name: string, boot: number): Promise<void> {
    await this.hosts.get(name)!.start({ ...this.natsEnv(), IRQMESH_BOOT: String(boot) });
  }

  /** Starts hosts at once. */
  async startHosts(boots: ReadonlyMap<string, number>): Promise<void> {
    await this.together([...boots].map(([name, boot]) => this.startHost(name, boot)));
  }

  /** Ends every process: hosts, services, then NATS. May be called at any moment and more than once. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  /** The pids of all processes that run. */
  get pids(): number[] {
    const processes = [...this.hosts.values(), ...this.services, ...(this.nats === undefined ? [] : [this.nats])];
    return processes.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  private async stopAll(): Promise<void> {
    removeCurrentInstance();
    await Promise.all([...this.hosts.values()].map((host) => host.stop()));
    await Promise.all(this.services.map((service) => service.stop()));
    await this.nats?.stop();
  }

  /** Fails with the first that failed, once none of the others is in the middle of its start. */
  private async together(starts: readonly Promise<void>[]): Promise<void> {
    const results = await Promise.allSettled(starts);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  private announce(): void {
    this.announced = true;
    const { command, folder } = this.options;
    writeCurrentInstance({
      natsUrl: this.natsUrl,
      monitorUrl: this.nats?.monitorUrl,
      command,
      stateDir: folder.path,
      services: this.services.map(({ name, pid, httpPort }) => ({ name, pid: pid!, httpPort })),
    });
  }

  private natsEnv(): Record<string, string> {
    return { ...this.options.env, IRQMESH_NATS_URL: this.natsUrl };
  }

  private process(service: ServiceName, name: string, env: Readonly<Record<string, string>>): SupervisedProcess {
    const { folder, listener } = this.options;
    const onStatus: ProcessListener['onStatus'] = (...change) => {
      // A service that was started again has another pid and port.
      if (change[1] === 'ready' && this.announced && this.stopping === undefined) this.announce();
      listener.onStatus(...change);
    };
    return new SupervisedProcess({ name, program: serviceProgram(service), env, logFile: folder.logFile(name) }, { onStatus, onFailed: (error) => listener.onFailed(error) });
  }
}
