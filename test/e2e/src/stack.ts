import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { ServiceProcess } from './service-process.ts';
import type { ServiceName } from './service-process.ts';

export const SERVICES: readonly ServiceName[] = ['producer-registry', 'consumer-registry', 'matcher'];

export interface StackOptions {
  /** Instances of each service; 1 unless given. */
  readonly instances?: number;
  /** Environment of every service, such as IRQMESH_SESSION_TTL_MS. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A real nats-server and the three services as processes, in a folder of their own. */
export class Stack {
  readonly nats: NatsServer;
  readonly services: readonly ServiceProcess[];
  private readonly folder: string;

  private constructor(nats: NatsServer, services: readonly ServiceProcess[], folder: string) {
    this.nats = nats;
    this.services = services;
    this.folder = folder;
  }

  /** Starts everything and waits until it is ready. What was started is ended if that fails. */
  static async start({ instances = 1, settings = {} }: StackOptions = {}): Promise<Stack> {
    const folder = mkdtempSync(join(tmpdir(), 'irqmesh-stack-'));
    const nats = await startNatsServer({ storeDir: join(folder, 'nats') });
    const services = SERVICES.flatMap((name) =>
      Array.from({ length: instances }, (_, index) => new ServiceProcess(name, `${name}-${index}`, nats.url, join(folder, `${name}-${index}`), settings)),
    );
    const stack = new Stack(nats, services, folder);
    try {
      await Promise.all(services.map((service) => service.start()));
      return stack;
    } catch (error) {
      // Why it did not start counts, not how those that were half started end.
      await Promise.all(services.map((service) => service.kill()));
      await stack.close();
      throw error;
    }
  }

  /** Where the server keeps the log; to be touched only while it does not run. */
  get natsFolder(): string {
    return join(this.folder, 'nats');
  }

  /** The first instance of a service. */
  service(name: ServiceName): ServiceProcess {
    return this.services.find((service) => service.name === name)!;
  }

  /** Ends the services in order; their read models stay. @throws when one did not end as it was told to; the rest is gone then too. */
  async stopServices(): Promise<void> {
    const ends = await Promise.allSettled(this.services.map((service) => service.stop()));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** NATS crashes, loses all that it stored, and comes back at the same address. */
  async wipeNats(): Promise<void> {
    await this.nats.kill();
    rmSync(this.natsFolder, { recursive: true });
    await this.nats.restart();
  }

  /** Ends everything and removes the folder. @throws when a service did not end as it was told to; the rest is gone then too. */
  async close(): Promise<void> {
    const ends = await Promise.allSettled(this.services.map((service) => service.stop()));
    await this.nats.stop();
    rmSync(this.folder, { recursive: true, force: true });
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}
