import { resolve } from 'node:path';
import { settings, type Settings } from './load-config.ts';
import { choice, flag, natsServers, numberChoice, text, textMatching, wholeNumber } from './variables.ts';

// Every variable of the services, grouped by concern. A service takes the groups it needs.

const HOUR_MS = 3_600_000;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What every service has. */
export interface ServiceSettings {
  /** This instance's name among its equals: letters, digits, `_` and `-`, since it stands in subjects and keys. */
  readonly instance: string;
  readonly logLevel: LogLevel;
  /** The process without which this one has no purpose: when that one is gone, this one stops. */
  readonly parentPid: number | undefined;
}

export const serviceSettings: Settings<ServiceSettings> = settings(
  {
    IRQMESH_INSTANCE: textMatching(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -'),
    IRQMESH_LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
    IRQMESH_PARENT_PID: wholeNumber({ min: 1, max: 4_194_304 }).optional(),
  },
  (env) => ({ instance: env.IRQMESH_INSTANCE, logLevel: env.IRQMESH_LOG_LEVEL, parentPid: env.IRQMESH_PARENT_PID }),
);

/** How to reach NATS. */
export interface NatsSettings {
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** A credentials file (JWT and seed), instead of user and password. */
  readonly credsFile: string | undefined;
  /** How long to wait at start for a server that is not there yet. */
  readonly waitMs: number;
}

export const natsSettings: Settings<NatsSettings> = settings(
  {
    IRQMESH_NATS_URL: natsServers().default(['nats://127.0.0.1:4222']),
    IRQMESH_NATS_USER: text().optional(),
    IRQMESH_NATS_PASSWORD: text().optional(),
    IRQMESH_NATS_CREDS: text().optional(),
    IRQMESH_NATS_WAIT_MS: wholeNumber({ min: 0, max: 600_000 }).default(30_000),
  },
  (env, context) => {
    const { IRQMESH_NATS_USER: user, IRQMESH_NATS_PASSWORD: password, IRQMESH_NATS_CREDS: credsFile } = env;
    const wrong = (variable: string, message: string): void => context.addIssue({ code: 'custom', path: [variable], message });
    if (user === undefined && password !== undefined) wrong('IRQMESH_NATS_PASSWORD', 'needs IRQMESH_NATS_USER');
    if (user !== undefined && password === undefined) wrong('IRQMESH_NATS_USER', 'needs IRQMESH_NATS_PASSWORD');
    if (user !== undefined && credsFile !== undefined) wrong('IRQMESH_NATS_CREDS', 'stands instead of IRQMESH_NATS_USER, not beside it');
    return { servers: env.IRQMESH_NATS_URL, user, password, credsFile, waitMs: env.IRQMESH_NATS_WAIT_MS };
  },
);

/** Where health is served. */
export interface HttpSettings {
  readonly host: string;
  /** 0 for any free port; the line "ready" in the log tells which. */
  readonly port: number;
}

export const httpSettings: Settings<HttpSettings> = settings(
  {
    IRQMESH_HTTP_HOST: text().default('127.0.0.1'),
    IRQMESH_HTTP_PORT: wholeNumber({ min: 0, max: 65_535 }).default(0),
  },
  (env) => ({ host: env.IRQMESH_HTTP_HOST, port: env.IRQMESH_HTTP_PORT }),
);

/** Where read models are kept. */
export interface StateSettings {
  /** An absolute path. */
  readonly stateDir: string;
}

export const stateSettings: Settings<StateSettings> = settings(
  { IRQMESH_STATE_DIR: text().default('.irqmesh/state') },
  (env) => ({ stateDir: resolve(env.IRQMESH_STATE_DIR) }),
);

/** The log's stream. */
export interface LogSettings {
  /** Copies of the stream and the buckets: 1 on one server, 3 or 5 in a cluster. */
  readonly replicas: 1 | 3 | 5;
  /** How many partitions the stream must have; undefined for as many as it has and, made anew, 16. Fixed for its life. */
  readonly partitions: number | undefined;
  /** Go on although the log holds less than was read from it before. */
  readonly acceptDataLoss: boolean;
}

export const logSettings: Settings<LogSettings> = settings(
  {
    IRQMESH_REPLICAS: numberChoice([1, 3, 5]).default(1),
    IRQMESH_PARTITIONS: wholeNumber({ min: 1, max: 1024 }).optional(),
    IRQMESH_ACCEPT_DATA_LOSS: flag().default(false),
  },
  (env) => ({ replicas: env.IRQMESH_REPLICAS, partitions: env.IRQMESH_PARTITIONS, acceptDataLoss: env.IRQMESH_ACCEPT_DATA_LOSS }),
);

/** Sessions of hosts' agents. */
export interface SessionSettings {
  /** How long a session stands without being renewed. */
  readonly sessionTtlMs: number;
}

export const sessionSettings: Settings<SessionSettings> = settings(
  { IRQMESH_SESSION_TTL_MS: wholeNumber({ min: 500, max: 600_000 }).default(10_000) },
  (env) => ({ sessionTtlMs: env.IRQMESH_SESSION_TTL_MS }),
);

/** What the two registries have. */
export interface RegistrySettings {
  /** Tokens that a registry takes before it answers -ENOMEM. */
  readonly maxTokens: number;
  /** Sessions that it keeps in mind before others may not register: -ENOMEM. */
  readonly maxSessions: number;
  /** Registrations of one session on its side before it answers -ENOMEM. */
  readonly maxRegistrationsPerSession: number;
  /** Operations that wait for the matcher before registers are told to come back later. */
  readonly maxOpenOperations: number;
  /** Items of calls that are carried out at once before others are told to come back later. */
  readonly maxItemsUnderWay: number;
  /** After this time an agent that renews but leaves invokes unanswered is expired. */
  readonly evictUnansweredAfterMs: number;
}

export const registrySettings: Settings<RegistrySettings> = settings(
  {
    IRQMESH_MAX_TOKENS: wholeNumber({ min: 1, max: 100_000_000 }).default(4_000_000),
    IRQMESH_MAX_SESSIONS: wholeNumber({ min: 1, max: 10_000_000 }).default(65_536),
    IRQMESH_MAX_REGISTRATIONS_PER_SESSION: wholeNumber({ min: 1, max: 100_000_000 }).default(1_048_576),
    IRQMESH_MAX_OPEN_OPERATIONS: wholeNumber({ min: 1, max: 100_000_000 }).default(100_000),
    IRQMESH_MAX_ITEMS_UNDER_WAY: wholeNumber({ min: 1, max: 10_000_000 }).default(65_536),
    IRQMESH_EVICT_UNANSWERED_AFTER_MS: wholeNumber({ min: 1000, max: HOUR_MS }).default(60_000),
  },
  (env) => ({
    maxTokens: env.IRQMESH_MAX_TOKENS,
    maxSessions: env.IRQMESH_MAX_SESSIONS,
    maxRegistrationsPerSession: env.IRQMESH_MAX_REGISTRATIONS_PER_SESSION,
    maxOpenOperations: env.IRQMESH_MAX_OPEN_OPERATIONS,
    maxItemsUnderWay: env.IRQMESH_MAX_ITEMS_UNDER_WAY,
    evictUnansweredAfterMs: env.IRQMESH_EVICT_UNANSWERED_AFTER_MS,
  }),
);

/** What the matcher has. */
export interface MatcherSettings {
  /** How long a matcher's lease on a partition stands without being renewed. */
  readonly leaseTtlMs: number;
  /** An operation that is open for longer is noted as stalled. */
  readonly stallAfterMs: number;
  /** Operations that are driven at once; the others wait in the fold. */
  readonly maxDrivenOperations: number;
}

export const matcherSettings: Settings<MatcherSettings> = settings(
  {
    IRQMESH_LEASE_TTL_MS: wholeNumber({ min: 500, max: 600_000 }).default(5000),
    IRQMESH_STALL_AFTER_MS: wholeNumber({ min: 100, max: HOUR_MS }).default(10_000),
    IRQMESH_MAX_DRIVEN_OPERATIONS: wholeNumber({ min: 1, max: 1_000_000 }).default(16_384),
  },
  (env) => ({ leaseTtlMs: env.IRQMESH_LEASE_TTL_MS, stallAfterMs: env.IRQMESH_STALL_AFTER_MS, maxDrivenOperations: env.IRQMESH_MAX_DRIVEN_OPERATIONS }),
);

/** Variables that some part of irqmesh reads: all services are often given one environment. */
export const KNOWN_VARIABLES: readonly string[] = [
  ...[serviceSettings, natsSettings, httpSettings, stateSettings, logSettings, sessionSettings, registrySettings, matcherSettings].flatMap(
    (group) => group.variables,
  ),
  // Read by the tools that start a server for development.
  'IRQMESH_NATS_SERVER',
];
