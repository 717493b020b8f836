import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';

/** How long the nodes may take to find each other and choose a leader. */
const FORM_TIMEOUT_MS = 30_000;
const POLL_MS = 100;
const ASK_TIMEOUT_MS = 1_000;

/** A nats-server of the cluster, or the only one. */
export interface NatsNode {
  readonly name: string;
  readonly server: NatsServer;
}

/** Real nats-servers on the loopback interface: one, or three that form a cluster. */
export class NatsCluster {
  readonly nodes: readonly NatsNode[];

  private constructor(nodes: readonly NatsNode[]) {
    this.nodes = nodes;
  }

  /** Starts it in a folder of its own and waits until JetStream is there. @throws when it does not form in time. */
  static async start(size: 1 | 3, folder: string): Promise<NatsCluster> {
    const names = Array.from({ length: size }, (_, index) => `nats-${index}`);
    const routes = await freePorts(size);
    const started = await Promise.allSettled(
      names.map(async (name, index): Promise<NatsNode> => {
        const storeDir = join(folder, name);
        await mkdir(storeDir, { recursive: true });
        const configFile = join(folder, `${name}.conf`);
        await writeFile(configFile, configuration(name, size === 1 ? [] : routes, index));
        return { name, server: await startNatsServer({ storeDir, configFile }) };
      }),
    );
    const cluster = new NatsCluster(started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
    try {
      for (const result of started) if (result.status === 'rejected') throw result.reason;
      await cluster.whenFormed();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get replicas(): number {
    return this.nodes.length;
  }

  /** The addresses of all nodes. */
  get urls(): string[] {
    return this.nodes.map(({ server }) => server.url);
  }

  /** Resolves when every node that runs sees the leader of JetStream's metadata. @throws when that takes too long. */
  async whenFormed(): Promise<void> {
    for (const untilMs = performance.now() + FORM_TIMEOUT_MS; !(await this.isFormed()); await sleep(POLL_MS)) {
      if (performance.now() > untilMs) throw new Error(`the NATS cluster had no leader after ${FORM_TIMEOUT_MS / 1_000} s`);
    }
  }

  /** The node that leads the stream; undefined where none does at the moment, or none tells. */
  async leaderOf(stream: string): Promise<NatsNode | undefined> {
    if (this.nodes.length === 1) return this.nodes[0];
    for (const { server } of this.nodes) {
      const told = server.pid === undefined ? undefined : await ask<StreamsReport>(`${server.monitorUrl}/jsz?streams=true`);
      const details = told?.account_details?.flatMap(({ stream_detail = [] }) => stream_detail) ?? [];
      const leader = details.find(({ name }) => name === stream)?.cluster?.leader;
      if (leader !== undefined) return this.nodes.find(({ name }) => name === leader);
    }
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ server }) => server.stop()));
  }

  private async isFormed(): Promise<boolean> {
    const reports = await Promise.all(this.nodes.map(({ server }) => ask<{ readonly meta_cluster?: { readonly leader?: string } }>(`${server.monitorUrl}/jsz`)));
    return reports.every((report) => report !== undefined && (this.nodes.length === 1 || (report.meta_cluster?.leader ?? '') !== ''));
  }
}

interface StreamsReport {
  readonly account_details?: readonly { readonly stream_detail?: readonly { readonly name: string; readonly cluster?: { readonly leader?: string } }[] }[];
}

/** What a server tells about itself; undefined where it does not answer, which a paused or killed one does not. */
async function ask<T>(url: string): Promise<T | undefined> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    return (await reply.json()) as T;
  } catch {
    return undefined;
  }
}

/** Clients are not told of the other nodes: each of them has its own way in, which the test can cut. */
function configuration(name: string, routes: readonly number[], index: number): string {
  const lines = [`server_name: ${name}`];
  if (routes.length > 0) {
    const others = routes.map((port) => `nats://127.0.0.1:${port}`).join(', ');
    lines.push(`cluster { name: chaos, listen: "127.0.0.1:${routes[index]}", no_advertise: true, routes: [${others}] }`);
  }
  return `${lines.join('\n')}\n`;
}

/** Ports that nobody listens on now; held open together, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server));
    })),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
