import { join } from 'node:path';
import type { Clock, Random, Side } from '@irqmesh/domain';
import { openJetStreamLog } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import { SESSIONS_BUCKET } from '@irqmesh/protocol';
import type { NatsConnection } from '@nats-io/nats-core';
import { NatsAgentCaller } from '../agents/nats-agent-caller.ts';
import { NatsBucket } from '../buckets/nats-bucket.ts';
import { SqliteReadModel } from '../read-model/sqlite-read-model.ts';
import { RegistryNode } from '../registry-node.ts';
import type { NodeReports, RegistryNodeSettings } from '../registry-node.ts';
import { BucketSessionDirectory } from '../sessions/bucket-session-directory.ts';

/** What a registry's process brings. */
export interface RegistryProcess {
  readonly connection: NatsConnection;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the read model is kept; one process each. */
  readonly stateDir: string;
  readonly replicas: number;
  /** What the stream must have; undefined for what it has. */
  readonly partitions: number | undefined;
}

/** A registry on NATS and SQLite, and the log that it is to close after it. */
export interface OpenedRegistry {
  readonly node: RegistryNode;
  readonly log: EventLog;
}

/** Opens the stream and the sessions bucket, making them where they are not there, and puts a registry on top. */
export async function openRegistryNode(settings: RegistryNodeSettings, process: RegistryProcess, reports: NodeReports): Promise<OpenedRegistry> {
  const { connection, clock, random, stateDir, replicas, partitions } = process;
  const log = await openJetStreamLog({ connection, replicas, partitions, create: true });
  const bucket = await NatsBucket.open({ connection, name: SESSIONS_BUCKET, ttlMs: settings.sessionTtlMs, replicas });
  const ports = {
    log,
    readModel: await SqliteReadModel.open({ file: join(stateDir, fileName(settings.side)), onWarning: reports.onWarning }),
    sessions: new BucketSessionDirectory(bucket, reports.onWarning),
    agents: new NatsAgentCaller(connection),
    clock,
    random,
  };
  return { node: new RegistryNode(settings, ports, reports), log };
}

function fileName(side: Side): string {
  return `${side}-registry.sqlite`;
}
