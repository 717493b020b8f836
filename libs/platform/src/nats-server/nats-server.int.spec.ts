import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkNatsServerVersion, findNatsServer, startNatsServer } from './index.ts';
import type { NatsServer, NatsServerOptions } from './index.ts';

let dir: string;
let servers: NatsServer[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'irqmesh-test-'));
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(dir, { recursive: true });
});

async function start(options?: NatsServerOptions): Promise<NatsServer> {
  const server = await startNatsServer(options);
  servers.push(server);
  return server;
}

async function monitor(server: NatsServer, path: string): Promise<Record<string, unknown>> {
  return (await (await fetch(server.monitorUrl + path)).json()) as Record<string, unknown>;
}

async function program(name: string, script: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function endOf(pid: number): Promise<boolean> {
  for (let waits = 0; waits < 500 && isAlive(pid); waits++) await sleep(20);
  return !isAlive(pid);
}

describe('startNatsServer', () => {
  it('runs a server on free ports until it is stopped, and leaves no process behind', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    expect(one.url).not.toBe(other.url);
    const pid = one.pid!;
    expect(await monitor(one, '/varz')).toMatchObject({ port: Number(new URL(one.url).port) });
    await one.stop();
    expect(isAlive(pid)).toBe(false);
    expect(one.pid).toBeUndefined();
    await one.stop();
  });

  it('comes back on the same ports after a crash and after a restart', async () => {
    const storeDir = join(dir, 'store');
    const server = await start({ storeDir });
    const { url, monitorUrl, pid } = server;
    await server.kill();
    expect(isAlive(pid!)).toBe(false);
    await server.restart();
    expect([server.url, server.monitorUrl]).toEqual([url, monitorUrl]);
    const second = server.pid!;
    await server.restart();
    expect(isAlive(second)).toBe(false);
    expect([server.url, server.monitorUrl]).toEqual([url, monitorUrl]);
    await server.stop();
    expect(existsSync(storeDir)).toBe(true);
  });

  it('syncs always when asked, and has no JetStream when told so', async () => {
    const lazy = await monitor(await start(), '/jsz');
    expect(lazy).toHaveProperty('config.store_dir');
    expect(lazy).not.toHaveProperty('config.sync_always');
    expect(await monitor(await start({ syncAlways: true }), '/jsz')).toHaveProperty('config.sync_always', true);
    expect(await monitor(await start({ jetstream: false }), '/jsz')).toHaveProperty('disabled', true);
  });

  it('takes a configuration file', async () => {
    const configFile = join(dir, 'nats.conf');
    await writeFile(configFile, 'max_payload: 4096\nlisten: "0.0.0.0:4222"\n');
    const server = await start({ configFile });
    expect(await monitor(server, '/varz')).toMatchObject({ max_payload: 4096, host: '127.0.0.1' });
    await expect(startNatsServer({ configFile, syncAlways: true })).rejects.toThrow('sync_interval');
  });

  it('tells why the server did not start', async () => {
    const port = Number(new URL((await start()).url).port);
    await expect(startNatsServer({ port })).rejects.toThrow(/ended at once; its last words: [^]*address already in use/);
  });

  it('refuses programs that are too old, no nats-server, or not there', async () => {
    const old = await program('old', 'echo nats-server: v2.11.9');
    await expect(startNatsServer({ binary: old })).rejects.toThrow('is version 2.11.9; irqmesh needs nats-server 2.12.0 or newer');
    const alien = await program('alien', 'echo hello');
    await expect(startNatsServer({ binary: alien })).rejects.toThrow('is not a nats-server');
    await expect(startNatsServer({ binary: join(dir, 'none') })).rejects.toThrow('--version failed');
    await checkNatsServerVersion(await program('new', 'echo nats-server: v3.0.0'));
  });

  it('leaves no orphan when its process is killed', async () => {
    const module = fileURLToPath(new URL('./index.ts', import.meta.url));
    const script = `const { startNatsServer } = await import(${JSON.stringify(module)}); console.log((await startNatsServer()).pid);`;
    const parent = spawn(process.execPath, ['--experimental-strip-types', '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, IRQMESH_NATS_SERVER: findNatsServer(), TMPDIR: dir },
    });
    const pid = Number(await new Promise<string>((resolve) => parent.stdout.setEncoding('utf8').once('data', resolve)));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    expect(await endOf(pid)).toBe(true);
  });
});

describe('findNatsServer', () => {
  it('takes the named one, then PATH, then what set-up put above the working directory', async () => {
    const onPath = await program('nats-server', 'true');
    const named = await program('named', 'true');
    expect(findNatsServer({ IRQMESH_NATS_SERVER: named, PATH: dir })).toBe(named);
    expect(findNatsServer({ IRQMESH_NATS_SERVER: '', PATH: `/nowhere:${dir}` })).toBe(onPath);
    const setUp = join(dir, '.irqmesh', 'toolchain', 'nats-server');
    await mkdir(setUp, { recursive: true });
    await rename(named, join(setUp, 'nats-server'));
    expect(findNatsServer({}, join(dir, 'libs', 'x'))).toBe(join(setUp, 'nats-server'));
    expect(() => findNatsServer({ IRQMESH_NATS_SERVER: '/nowhere/x', PATH: dir })).toThrow('"/nowhere/x" is not a program');
    expect(() => findNatsServer({ PATH: '/nowhere' }, tmpdir())).toThrow('nats-server was not found');
  });
});
