// The NATS server for development and tests: `@irqmesh/platform/nats-server`, apart from the rest of the package so that
// nobody loads Nest to start a server.
export { checkNatsServerVersion, findNatsServer, MIN_NATS_SERVER_VERSION } from './binary.ts';
export { NatsServerError } from './errors.ts';
export { NatsServer, startNatsServer } from './nats-server.ts';
export type { NatsServerOptions } from './nats-server.ts';
