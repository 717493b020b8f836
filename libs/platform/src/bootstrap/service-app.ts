import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NatsConnection } from '@nats-io/transport-node';
import type { HttpSettings } from '../config/settings.ts';
import { HealthModule } from '../health/health.module.ts';
import type { Readiness } from '../health/readiness.ts';
import type { Logger } from '../logging/logger.ts';
import { NestLogger } from '../logging/nest-logger.ts';
import { RpcExceptionFilter } from '../transport/rpc-exception-filter.ts';
import { RpcServer } from '../transport/rpc-server.ts';

class RootModule {}

/** The readiness check that holds while calls are taken. */
export const CALLS_CHECK = 'calls';

export interface ServiceAppOptions {
  readonly module: DynamicModule;
  readonly http: HttpSettings;
  readonly logger: Logger;
  readonly readiness: Readiness;
  readonly rpc?: ServiceRpcOptions | undefined;
}

/** How a service takes calls. */
export interface ServiceRpcOptions {
  readonly connect: () => Promise<NatsConnection>;
  readonly queue: string | undefined;
  readonly onRefused: (error: Error) => void;
}

/** A service within a process: health over HTTP, calls over NATS. Starts and stops in steps; see `runService`. */
export class ServiceApp {
  private readonly app: INestApplication;
  private readonly rpc: RpcServer | undefined;
  private readonly http: HttpSettings;
  private callsState: string | undefined;
  private listening: Promise<unknown> = Promise.resolve();

  private constructor(app: INestApplication, rpc: RpcServer | undefined, { http, readiness }: ServiceAppOptions) {
    this.app = app;
    this.rpc = rpc;
    this.http = http;
    if (rpc === undefined) return;
    this.callsState = 'not taking calls yet';
    readiness.add({ name: CALLS_CHECK, check: () => this.callsState });
  }

  /** Builds the application; nothing listens yet. */
  static async create(options: ServiceAppOptions): Promise<ServiceApp> {
    const root: DynamicModule = { module: RootModule, imports: [HealthModule.create(options.readiness), options.module] };
    const app = await NestFactory.create(root, { logger: new NestLogger(options.logger), abortOnError: false, bodyParser: false, forceCloseConnections: true });
    const rpc = options.rpc === undefined ? undefined : new RpcServer({ ...options.rpc, logger: options.logger });
    if (rpc !== undefined) {
      app.useGlobalFilters(new RpcExceptionFilter(app.getHttpAdapter()));
      app.connectMicroservice({ strategy: rpc }, { inheritAppConfig: true });
    }
    return new ServiceApp(app, rpc, options);
  }

  /** Starts the module's parts and serves health; returns the port. */
  async listen(): Promise<number> {
    const listening: Promise<unknown> = this.app.listen(this.http.port, this.http.host);
    this.listening = listening;
    return portOf(await listening);
  }

  /** Begins to take calls. */
  async takeCalls(): Promise<void> {
    await this.app.startAllMicroservices();
    this.callsState = undefined;
  }

  /** Takes no more calls and waits, at most `timeoutMs`, for those under way; returns how many were left unanswered. */
  async drain(timeoutMs: number): Promise<number> {
    if (this.rpc === undefined) return 0;
    this.callsState = 'shutting down';
    return this.rpc.drain(timeoutMs);
  }

  /** Runs the module's shutdown hooks and closes everything that `create` and `listen` opened. */
  async close(): Promise<void> {
    // Nest cannot close what it is still starting.
    await Promise.allSettled([this.listening]);
    await this.app.close();
  }
}

function portOf(server: unknown): number {
  const address = (server as { address(): unknown }).address();
  if (typeof address === 'object' && address !== null && 'port' in address && typeof address.port === 'number') return address.port;
  throw new Error('the HTTP server has no port');
}
