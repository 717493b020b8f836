import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TcpProxy } from '../bus/tcp-proxy.ts';
import { Member } from './member.ts';
import type { Program } from './member.ts';

export type ServiceName = 'producer-registry' | 'consumer-registry' | 'matcher';

/** From src and from dist alike. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const READY_TIMEOUT_MS = 1_000;

export interface ServiceMemberOptions {
  readonly service: ServiceName;
  readonly index: number;
  readonly proxy: TcpProxy;
  /** The folder of its read model. */
  readonly stateDir: string;
  readonly settings: Readonly<Record<string, string>>;
  /** An agent's session is to be expired although it renews. */
  readonly onEvicting: (host: string, session: string) => void;
}

/** One instance of a service as a real process. */
export class ServiceMember extends Member {
  readonly service: ServiceName;
  private readonly options: ServiceMemberOptions;
  private httpPort: number | undefined;

  constructor(options: ServiceMemberOptions) {
    super(`${options.service}-${options.index}`, options.proxy);
    this.service = options.service;
    this.options = options;
    mkdirSync(options.stateDir, { recursive: true });
  }

  /** Its read model's file. */
  get storeFile(): string {
    return join(this.options.stateDir, `${this.service}.sqlite`);
  }

  /** Removes its read model, as a new machine would not have it. Only while it does not run. */
  forget(): void {
    rmSync(this.options.stateDir, { recursive: true, force: true });
    mkdirSync(this.options.stateDir, { recursive: true });
  }

  /** Whether it takes calls now. */
  override async isReady(): Promise<boolean> {
    if (!this.isRunning || this.httpPort === undefined) return false;
    try {
      return (await fetch(`http://127.0.0.1:${this.httpPort}/readyz`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })).ok;
    } catch {
      // It does not answer: it is starting, or it hangs.
      return false;
    }
  }

  protected program(): Program {
    const { settings, stateDir, proxy } = this.options;
    this.httpPort = undefined;
    return {
      script: `${ROOT}services/${this.service}/dist/main.js`,
      args: [],
      environment: { ...settings, IRQMESH_NATS_URL: proxy.url, IRQMESH_STATE_DIR: stateDir, IRQMESH_INSTANCE: this.name, IRQMESH_PARENT_PID: String(process.pid) },
    };
  }

  protected took(line: string): void {
    this.keep(line);
    if (line.includes('"msg":"ready"')) this.httpPort = (JSON.parse(line) as { readonly httpPort: number }).httpPort;
    const [, session, host] = /session ([\w-]+) of host ([\w-]+) renews but leaves invokes unanswered/.exec(line) ?? [];
    if (session !== undefined && host !== undefined) this.options.onEvicting(host, session);
  }
}
