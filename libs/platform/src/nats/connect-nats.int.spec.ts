import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsSettings } from '../config/settings.ts';
import { ConfigError } from '../config/load-config.ts';
import { createLogger } from '../logging/logger.ts';
import { startNatsServer } from '../nats-server/index.ts';
import type { NatsServer } from '../nats-server/index.ts';
import { connectNats, NatsUnavailableError } from './connect-nats.ts';
import { ConnectionState } from './connection-state.ts';

let server: NatsServer;
let lines: { level: string; msg: string }[] = [];
const logger = createLogger({ service: 's', instance: 'i', version: '0', level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });

beforeAll(async () => {
  server = await startNatsServer({ jetstream: false });
});

afterAll(() => server.stop());

function settings(overrides: Partial<NatsSettings> = {}): NatsSettings {
  return { servers: [server.url], user: undefined, password: undefined, credsFile: undefined, waitMs: 5000, ...overrides };
}

async function until(condition: () => boolean): Promise<void> {
  for (const endMs = performance.now() + 10_000; !condition(); await sleep(10)) {
    if (performance.now() > endMs) throw new Error('waited for 10 s in vain');
  }
}

describe('connectNats', () => {
  it('connects under its name', async () => {
    const connection = await connectNats(settings(), { name: 'matcher/a/log', logger });
    const { connections } = (await (await fetch(`${server.monitorUrl}/connz`)).json()) as { connections: { name: string }[] };
    await connection.close();
    expect(connections.map(({ name }) => name)).toEqual(['matcher/a/log']);
  });

  it('reports the loss of the server, comes back by itself, and reports that', async () => {
    const connection = await connectNats(settings(), { name: 'x', logger });
    const state = new ConnectionState(connection);
    lines = [];
    await server.kill();
    await until(() => !state.connected);
    await server.restart();
    await until(() => state.connected);
    await connection.flush();
    await connection.close();
    expect(lines.map(({ level, msg }) => `${level}: ${msg}`)).toEqual(['warn: lost the connection to NATS; reconnecting', 'info: connected to NATS again']);
    await until(() => !state.connected);
  });

  it('waits for a server that comes later', async () => {
    await server.kill();
    lines = [];
    const connecting = connectNats(settings(), { name: 'x', logger });
    await until(() => lines.length > 0);
    await server.restart();
    await (await connecting).close();
    expect(lines[0]!.msg).toMatch(/^no NATS server at nats:\/\/.* yet \(connect ECONNREFUSED .*\); waiting for it$/);
  });

  it('says in one sentence that there is no server', async () => {
    const port = await freePort();
    const failing = connectNats(settings({ servers: [`nats://127.0.0.1:${port}`], waitMs: 300 }), { name: 'x', logger });
    await expect(failing).rejects.toThrow(NatsUnavailableError);
    await expect(failing).rejects.toThrow(
      `no NATS server answered at nats://127.0.0.1:${port} within 300 ms (connect ECONNREFUSED 127.0.0.1:${port}); start one, or set IRQMESH_NATS_URL`,
    );
  });

  it('stops waiting when told to', async () => {
    const port = await freePort();
    const failing = connectNats(settings({ servers: [`nats://127.0.0.1:${port}`], waitMs: 60_000 }), { name: 'x', logger, signal: AbortSignal.timeout(50) });
    await expect(failing).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('says that a credentials file cannot be read', async () => {
    const failing = connectNats(settings({ credsFile: '/nowhere/my.creds' }), { name: 'x', logger });
    await expect(failing).rejects.toThrow(ConfigError);
    await expect(failing).rejects.toThrow(/^IRQMESH_NATS_CREDS="\/nowhere\/my.creds": cannot be read \(ENOENT/);
  });

  it('says at once that the server refuses the credentials', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'irqmesh-creds-'));
    const configFile = join(dir, 'nats.conf');
    await writeFile(configFile, 'authorization { user: matcher, password: secret }\n');
    const guarded = await startNatsServer({ jetstream: false, configFile });
    try {
      const servers = [guarded.url];
      await expect(connectNats(settings({ servers, user: 'matcher', password: 'wrong' }), { name: 'x', logger })).rejects.toThrow(/refuses the credentials/);
      await (await connectNats(settings({ servers, user: 'matcher', password: 'secret' }), { name: 'x', logger })).close();
    } finally {
      await guarded.stop();
      await rm(dir, { recursive: true });
    }
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
