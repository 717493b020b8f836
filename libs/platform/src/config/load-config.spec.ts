import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, settings, unknownVariables } from './load-config.ts';
import { httpSettings, KNOWN_VARIABLES, logSettings, matcherSettings, natsSettings, registrySettings, serviceSettings, sessionSettings, stateSettings } from './settings.ts';
import { text } from './variables.ts';

const ALL = {
  service: serviceSettings,
  nats: natsSettings,
  http: httpSettings,
  state: stateSettings,
  log: logSettings,
  session: sessionSettings,
  registry: registrySettings,
  matcher: matcherSettings,
};

function problemsOf(env: Record<string, string>, pieces: Parameters<typeof loadConfig>[1] = ALL): readonly string[] {
  try {
    loadConfig({ IRQMESH_INSTANCE: 'a', ...env }, pieces);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig', () => {
  it('has a default for everything but the name of the instance', () => {
    const config = loadConfig({ IRQMESH_INSTANCE: 'a' }, ALL);
    expect(config).toEqual({
      service: { instance: 'a', logLevel: 'info', parentPid: undefined },
      nats: { servers: ['nats://127.0.0.1:4222'], user: undefined, password: undefined, credsFile: undefined, waitMs: 30_000 },
      http: { host: '127.0.0.1', port: 0 },
      state: { stateDir: expect.stringMatching(/^\/.*\.irqmesh\/state$/) },
      log: { replicas: 1, partitions: undefined, acceptDataLoss: false },
      session: { sessionTtlMs: 10_000 },
      registry: {
        maxTokens: 4_000_000,
        maxSessions: 65_536,
        maxRegistrationsPerSession: 1_048_576,
        maxOpenOperations: 100_000,
        maxItemsUnderWay: 65_536,
        evictUnansweredAfterMs: 60_000,
      },
      matcher: { leaseTtlMs: 5000, stallAfterMs: 10_000, maxDrivenOperations: 16_384 },
    });
  });

  it('reads every variable', () => {
    const config = loadConfig(
      {
        IRQMESH_INSTANCE: 'pod-7_b',
        IRQMESH_LOG_LEVEL: 'debug',
        IRQMESH_PARENT_PID: '4711',
        IRQMESH_NATS_URL: 'nats://a:4222, tls://b.example:4443',
        IRQMESH_NATS_USER: 'u',
        IRQMESH_NATS_PASSWORD: 'p',
        IRQMESH_NATS_WAIT_MS: '0',
        IRQMESH_HTTP_HOST: '0.0.0.0',
        IRQMESH_HTTP_PORT: '65535',
        IRQMESH_STATE_DIR: '/var/lib/irqmesh',
        IRQMESH_REPLICAS: '3',
        IRQMESH_PARTITIONS: '1',
        IRQMESH_ACCEPT_DATA_LOSS: 'true',
        IRQMESH_SESSION_TTL_MS: '500',
        IRQMESH_MAX_TOKENS: '7',
        IRQMESH_MAX_SESSIONS: '8',
        IRQMESH_MAX_REGISTRATIONS_PER_SESSION: '9',
        IRQMESH_MAX_OPEN_OPERATIONS: '10',
        IRQMESH_MAX_ITEMS_UNDER_WAY: '11',
        IRQMESH_MAX_DRIVEN_OPERATIONS: '12',
        IRQMESH_EVICT_UNANSWERED_AFTER_MS: '1000',
        IRQMESH_LEASE_TTL_MS: '600000',
        IRQMESH_STALL_AFTER_MS: '100',
      },
      ALL,
    );
    expect(config).toEqual({
      service: { instance: 'pod-7_b', logLevel: 'debug', parentPid: 4711 },
      nats: { servers: ['nats://a:4222', 'tls://b.example:4443'], user: 'u', password: 'p', credsFile: undefined, waitMs: 0 },
      http: { host: '0.0.0.0', port: 65_535 },
      state: { stateDir: '/var/lib/irqmesh' },
      log: { replicas: 3, partitions: 1, acceptDataLoss: true },
      session: { sessionTtlMs: 500 },
      registry: { maxTokens: 7, maxSessions: 8, maxRegistrationsPerSession: 9, maxOpenOperations: 10, maxItemsUnderWay: 11, evictUnansweredAfterMs: 1000 },
      matcher: { leaseTtlMs: 600_000, stallAfterMs: 100, maxDrivenOperations: 12 },
    });
  });

  it('reports every wrong value at once, each in one line that says what would be right', () => {
    const problems = problemsOf({
      IRQMESH_HTTP_PORT: 'abc',
      IRQMESH_SESSION_TTL_MS: '499',
      IRQMESH_LOG_LEVEL: 'loud',
      IRQMESH_REPLICAS: '2',
      IRQMESH_ACCEPT_DATA_LOSS: 'yes',
      IRQMESH_INSTANCE: 'a.b',
    });
    expect([...problems].sort()).toEqual([
      'IRQMESH_ACCEPT_DATA_LOSS="yes": must be true or false',
      'IRQMESH_HTTP_PORT="abc": must be a whole number from 0 to 65535',
      'IRQMESH_INSTANCE="a.b": must be 1 to 64 letters, digits, _ or -',
      'IRQMESH_LOG_LEVEL="loud": must be trace, debug, info, warn, error or fatal',
      'IRQMESH_REPLICAS="2": must be 1, 3 or 5',
      'IRQMESH_SESSION_TTL_MS="499": must be a whole number from 500 to 600000',
    ]);
  });

  it.each([' 1', '1.0', '1e3', '-1', '0x10', '65536', '99999999999999999999'])('takes no port %j', (value) => {
    expect(problemsOf({ IRQMESH_HTTP_PORT: value })).toEqual([`IRQMESH_HTTP_PORT="${value}": must be a whole number from 0 to 65535`]);
  });

  it('takes an empty value as none', () => {
    expect(loadConfig({ IRQMESH_HTTP_PORT: '' }, { http: httpSettings }).http.port).toBe(0);
  });

  it.each(['localhost:4222', 'http://a:1', 'nats://', 'nats://a:4222,', 'ws://a:4222'])('takes no server %j', (value) => {
    expect(problemsOf({ IRQMESH_NATS_URL: value })[0]).toMatch(/^IRQMESH_NATS_URL=".*": must be nats:\/\/host:port/);
  });

  it('says what must be set', () => {
    const agent = settings({ IRQMESH_HOST: text() }, (env) => ({ host: env.IRQMESH_HOST }));
    expect(problemsOf({}, { agent })).toEqual(['IRQMESH_HOST: must be set']);
    expect(loadConfig({ IRQMESH_HOST: 'host-a' }, { agent })).toEqual({ agent: { host: 'host-a' } });
  });

  it('shows no secrets', () => {
    expect(problemsOf({ IRQMESH_NATS_URL: 'nats://me:geheim@a:4222', IRQMESH_NATS_PASSWORD: 'geheim' }).join()).not.toContain('geheim');
    expect(problemsOf({ IRQMESH_NATS_PASSWORD: 'geheim' })).toEqual(['IRQMESH_NATS_PASSWORD="***": needs IRQMESH_NATS_USER']);
  });

  it('cuts a value that is too long to show', () => {
    const [problem] = problemsOf({ IRQMESH_HTTP_PORT: 'x'.repeat(100_000) });
    expect(problem!.length).toBeLessThan(200);
  });

  it('wants a user with a password, and either them or a credentials file', () => {
    expect(problemsOf({ IRQMESH_NATS_USER: 'u' })).toEqual(['IRQMESH_NATS_USER="u": needs IRQMESH_NATS_PASSWORD']);
    expect(problemsOf({ IRQMESH_NATS_USER: 'u', IRQMESH_NATS_PASSWORD: 'p', IRQMESH_NATS_CREDS: 'f' })).toEqual([
      'IRQMESH_NATS_CREDS="f": stands instead of IRQMESH_NATS_USER, not beside it',
    ]);
  });
});

describe('unknownVariables', () => {
  it('names the ones that nothing reads', () => {
    const env = { IRQMESH_HTP_PORT: '1', IRQMESH_HTTP_PORT: '1', IRQMESH_LEASE_TTL_MS: '1', PATH: '/bin', OTHER_IRQMESH_X: '' };
    expect(unknownVariables(env, KNOWN_VARIABLES)).toEqual(['IRQMESH_HTP_PORT']);
  });
});
