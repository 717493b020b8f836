// Reaching a NATS server as the services do, without loading Nest: for commands, which must start fast.

export { ConfigError, loadConfig } from '../config/load-config.ts';
export { natsSettings } from '../config/settings.ts';
export type { NatsSettings } from '../config/settings.ts';
export { connectNats, natsCredentials, NatsUnavailableError } from './connect-nats.ts';
export type { ConnectNatsOptions } from './connect-nats.ts';
export { VERSION } from '../bootstrap/version.ts';
