import type { Clock, Random, Side } from '@irqmesh/domain';
import type { NatsConnection } from '@nats-io/nats-core';
import type { RegistryNodeSettings } from '../registry-node.ts';
import type { RegistryLimits } from '../registry/limits.ts';
import { RegistryRpc } from '../rpc/registry-rpc.ts';
import { openRegistryNode } from './open-registry-node.ts';
import { NodeRunner } from './node-runner.ts';

/** What a registry's service knows when it starts: its settings and what its process lends it. */
export interface RegistryServiceContext {
  readonly config: {
    readonly service: { readonly instance: string };
    readonly state: { readonly stateDir: string };
    readonly log: { readonly replicas: number; readonly partitions: number | undefined; readonly acceptDataLoss: boolean };
    readonly sessions: { readonly sessionTtlMs: number };
    readonly registry: RegistryLimits & { readonly evictUnansweredAfterMs: number };
  };
  readonly nats: NatsConnection;
  readonly logger: { warn(fields: object, message: string): void };
  readonly readiness: { add(check: { readonly name: string; check(): string | undefined }): void };
  readonly fatal: (error: Error) => void;
}

/** The injectable parts of a registry's service: NodeRunner, which lives as long as the application, and RegistryRpc. */
export function registryProviders(side: Side, context: RegistryServiceContext, clock: Clock, random: Random) {
  return [
    { provide: NodeRunner, useFactory: () => openRunner(side, context, clock, random) },
    { provide: RegistryRpc, useFactory: (runner: NodeRunner<RegistryRpc>) => runner.rpc, inject: [NodeRunner] },
  ];
}

async function openRunner(side: Side, context: RegistryServiceContext, clock: Clock, random: Random): Promise<NodeRunner<RegistryRpc>> {
  const { config, nats, logger, readiness, fatal } = context;
  const settings: RegistryNodeSettings = { side, instance: config.service.instance, acceptDataLoss: config.log.acceptDataLoss, ...config.sessions, ...config.registry };
  const process = { connection: nats, clock, random, stateDir: config.state.stateDir, replicas: config.log.replicas, partitions: config.log.partitions };
  const onWarning = (message: string, err?: unknown): void => logger.warn(err === undefined ? {} : { err }, message);
  const { node, log } = await openRegistryNode(settings, process, { onFatal: fatal, onWarning });
  const runner = new NodeRunner(node, log, fatal);
  readiness.add({ name: 'log', check: () => runner.missing });
  return runner;
}
