import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { openJetStreamLog } from '@irqmesh/event-log';
import { SystemClock } from '@irqmesh/domain/system';
import type { LogSettings, MatcherSettings, ServiceContext, ServiceSettings, StateSettings } from '@irqmesh/platform';
import { LEASES_BUCKET } from '@irqmesh/protocol';
import { NatsBucket, NodeRunner, SqliteReadModel } from '@irqmesh/registry';
import { MatcherController } from './matcher.controller.ts';
import { MatcherNode } from './matcher/matcher-node.ts';
import { MatcherRpc } from './matcher/matcher-rpc.ts';

import { NatsInvokeCaller } from './matcher/nats-invoke-caller.ts';

export type MatcherContext = ServiceContext<{
  readonly service: ServiceSettings;
  readonly state: StateSettings;
  readonly log: LogSettings;
  readonly matcher: MatcherSettings;
}>;

/** Wires the matcher to NATS, SQLite and its calls. */
@Module({})
export class MatcherModule {
  static create(context: MatcherContext): DynamicModule {
    const providers = [
      { provide: NodeRunner, useFactory: () => openRunner(context) },
      { provide: MatcherRpc, useFactory: (runner: NodeRunner<MatcherRpc>) => runner.rpc, inject: [NodeRunner] },
    ];
    return { module: MatcherModule, controllers: [MatcherController], providers };
  }
}

async function openRunner({ config, nats, logger, readiness, fatal }: MatcherContext): Promise<NodeRunner<MatcherRpc>> {
  const { replicas, partitions, acceptDataLoss } = config.log;
  const { leaseTtlMs, stallAfterMs, maxDrivenOperations } = config.matcher;
  const { instance } = config.service;
  const onWarning = (message: string, err?: unknown): void => logger.warn(err === undefined ? {} : { err }, message);
  const log = await openJetStreamLog({ connection: nats, replicas, partitions, create: true });
  const leases = await NatsBucket.open({ connection: nats, name: LEASES_BUCKET, ttlMs: leaseTtlMs, replicas });
  const readModel = await SqliteReadModel.open({ file: join(config.state.stateDir, 'matcher.sqlite'), onWarning });
  const ports = { log, readModel, leases, registries: new NatsInvokeCaller(nats), clock: new SystemClock() };
  const node = new MatcherNode({ instance, acceptDataLoss, stallAfterMs, maxDrivenOperations }, ports, { onFatal: fatal, onWarning });
  const runner = new NodeRunner(node, log, fatal);
  readiness.add({ name: 'log', check: () => runner.missing });
  return runner;
}
