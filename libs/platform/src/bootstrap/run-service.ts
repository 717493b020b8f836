import { setTimeout as sleep } from 'node:timers/promises';
import { SystemRandom } from '@irqmesh/domain/system';
import type { DynamicModule } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { ConfigError, loadConfig, unknownVariables } from '../config/load-config.ts';
import type { Environment } from '../config/load-config.ts';
import { KNOWN_VARIABLES } from '../config/settings.ts';
import { Readiness } from '../health/readiness.ts';
import { createLogger } from '../logging/logger.ts';
import type { Logger } from '../logging/logger.ts';
import { connectNats } from '../nats/connect-nats.ts';
import { ConnectionState } from '../nats/connection-state.ts';
import { ExitCode } from './exit-code.ts';
import { CALLS_CHECK, ServiceApp } from './service-app.ts';
import { COMMON_SETTINGS } from './service-context.ts';
import type { ServiceConfig, ServiceContext, ServiceSettingsMap } from './service-context.ts';
import { ServiceProcess } from './service-process.ts';
import { VERSION } from './version.ts';

export interface ServiceOptions<Own extends ServiceSettingsMap> {
  /** As it stands in logs and in the server's list of connections. */
  readonly name: string;
  /** The groups of settings that the service needs besides the common ones. */
  readonly settings: Own;
  /** May open what the service needs; what it throws ends the process with the exit code for it. */
  readonly module: (context: ServiceContext<ServiceConfig<Own>>) => DynamicModule | Promise<DynamicModule>;
  /** Left out by a service that takes no calls. */
  readonly calls?: {
    /** All instances share one queue group, so that one of them answers; without one, every instance hears every call. */
    readonly queue?: string;
  };
}

/** Enough to tell a service's instances apart. */
const INSTANCE_LENGTH = 8;
/** Calls under way get this long to be answered before a shutdown goes on. */
const DRAIN_TIMEOUT_MS = 10_000;
const CLOSE_NATS_TIMEOUT_MS = 1000;
const READY_POLL_MS = 50;
const NOT_READY_LOG_MS = 5000;

/**
 * The life of a service process. Reads the configuration, connects to NATS, builds the module, serves health, waits
 * until every readiness check holds, then takes calls and logs `{"msg":"ready","httpPort":…}`.
 *
 * SIGTERM and SIGINT stop it gracefully, a second one at once; so does the end of the process IRQMESH_PARENT_PID.
 * Exit codes: see `ExitCode`.
 */
export async function runService<Own extends ServiceSettingsMap>(options: ServiceOptions<Own>): Promise<void> {
  const config = configure(options, process.env);
  const logger = createLogger({ service: options.name, instance: config.service.instance, version: VERSION, level: config.service.logLevel });
  const life = new ServiceProcess(logger);
  life.begin(config.service.parentPid);
  for (const name of unknownVariables(process.env, [...KNOWN_VARIABLES, ...Object.values(options.settings).flatMap((group) => group.variables)])) {
    logger.warn(`${name} is set, but no such setting exists`);
  }
  try {
    await start(options, config, logger, life);
  } catch (error) {
    life.startFailed(error);
  }
}

function configure<Own extends ServiceSettingsMap>(options: ServiceOptions<Own>, env: Environment): ServiceConfig<Own> {
  try {
    const instance = env['IRQMESH_INSTANCE'] || new SystemRandom().id().slice(0, INSTANCE_LENGTH);
    return loadConfig({ ...env, IRQMESH_INSTANCE: instance }, { ...COMMON_SETTINGS, ...options.settings }) as ServiceConfig<Own>;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // There is no logger yet, and these lines are for the person who set the variables.
    for (const problem of error.problems) process.stderr.write(`${options.name}: ${problem}\n`);
    return process.exit(ExitCode.CONFIG);
  }
}

async function start<Own extends ServiceSettingsMap>(
  options: ServiceOptions<Own>,
  config: ServiceConfig<Own>,
  logger: Logger,
  life: ServiceProcess,
): Promise<void> {
  const readiness = new Readiness();
  const connect = (purpose: string): Promise<NatsConnection> =>
    connectNats(config.nats, { name: `${options.name}/${config.service.instance}/${purpose}`, logger, signal: life.stopSignal });
  const fatal = (error: Error): void => life.fatal(error);

  const nats = await connect('log');
  life.whenStopping(() => closeNats(nats));
  const state = new ConnectionState(nats);
  readiness.add({ name: 'nats', check: () => (state.connected ? undefined : 'no connection to NATS') });

  const app = await ServiceApp.create({
    module: await options.module({ config, logger, nats, readiness, fatal }),
    http: config.http,
    logger,
    readiness,
    rpc: options.calls === undefined ? undefined : { queue: options.calls.queue, connect: () => connect('calls'), onRefused: fatal },
  });
  life.whenStopping(() => app.close());
  life.whenStopping(async () => {
    const unanswered = await app.drain(DRAIN_TIMEOUT_MS);
    if (unanswered > 0) logger.warn({ unanswered }, 'calls were left unanswered');
  });
  life.stopSignal.throwIfAborted();
  const httpPort = await app.listen();
  await untilReady(readiness, logger, life.stopSignal);
  await app.takeCalls();
  logger.info({ httpPort }, 'ready');
}

/** Waits for every check but the one that says that calls are taken: that comes next. */
async function untilReady(readiness: Readiness, logger: Logger, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += READY_POLL_MS) {
    const { checks } = await readiness.report();
    const missing = Object.entries(checks).filter(([name, { ok }]) => !ok && name !== CALLS_CHECK);
    if (missing.length === 0) return;
    if (waitedMs > 0 && waitedMs % NOT_READY_LOG_MS === 0) logger.info({ missing: Object.fromEntries(missing) }, 'not ready yet');
    await sleep(READY_POLL_MS, undefined, { signal });
  }
}

/** Sends what waits to be sent, if there is a server to send it to. */
async function closeNats(nats: NatsConnection): Promise<void> {
  const timer = new AbortController();
  await Promise.race([Promise.allSettled([nats.flush()]), sleep(CLOSE_NATS_TIMEOUT_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
  await nats.close();
}
