import type { NatsConnection } from '@nats-io/transport-node';
import type { ConfigOf, Settings } from '../config/load-config.ts';
import { httpSettings, natsSettings, serviceSettings } from '../config/settings.ts';
import type { Readiness } from '../health/readiness.ts';
import type { Logger } from '../logging/logger.ts';

/** The settings that every service has, besides its own. */
export const COMMON_SETTINGS = { service: serviceSettings, nats: natsSettings, http: httpSettings };

export type ServiceSettingsMap = Record<string, Settings<unknown>>;

export type ServiceConfig<Own extends ServiceSettingsMap> = ConfigOf<Own> & ConfigOf<typeof COMMON_SETTINGS>;

/** What a service's module is made from. */
export interface ServiceContext<Config> {
  readonly config: Config;
  readonly logger: Logger;
  /** For JetStream and key-value buckets; calls come in on a connection of their own. */
  readonly nats: NatsConnection;
  readonly readiness: Readiness;
  /** Ends the process at once with one line in the log: for what the service cannot go on after, such as lost data. */
  readonly fatal: (error: Error) => void;
}
