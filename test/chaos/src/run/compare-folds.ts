import { Fold } from '@irqmesh/domain';
import type { LogEvent, Side } from '@irqmesh/domain';
import { NatsRegistryCaller } from '@irqmesh/client/nats';
import { SqliteReadModel } from '@irqmesh/registry';
import { describeFold } from '@irqmesh/test-history';
import type { NatsConnection } from '@nats-io/transport-node';
import type { ServiceMember } from '../processes/service-member.ts';

const QUERY_TIMEOUT_MS = 5_000;
const PAGE = 1_000;

/** How what the registries list differs from the log at rest; a sentence each. */
export async function listDifferences(connection: NatsConnection, hosts: readonly string[], fold: Fold): Promise<string[]> {
  const differences: string[] = [];
  for (const host of hosts) {
    for (const side of ['producer', 'consumer'] as const) {
      const listed = await list(connection, host, side);
      const wanted = standing(fold, host, side);
      if (JSON.stringify(listed) !== JSON.stringify(wanted)) {
        differences.push(`the ${side}-registry lists ${JSON.stringify(listed)} for ${host}, and the log has ${JSON.stringify(wanted)}`);
      }
    }
  }
  return differences;
}

async function list(connection: NatsConnection, host: string, side: Side): Promise<string[]> {
  const { registrations, failure } = await new NatsRegistryCaller(connection, host).list(side, { tokenPrefix: '', afterSequence: 0, limit: PAGE }, QUERY_TIMEOUT_MS);
  if (failure !== undefined) throw failure;
  return registrations.map(({ sequence, token, state }) => `${sequence} ${token} ${state}`);
}

function standing(fold: Fold, host: string, side: Side): string[] {
  return [...fold.tokens()]
    .flatMap(({ token, connected, [side]: registration }) => (registration?.participant.host === host ? [{ sequence: registration.sequence, token, connected }] : []))
    .sort((a, b) => a.sequence - b.sequence)
    .map(({ sequence, token, connected }) => `${sequence} ${token} ${connected ? 'connected' : 'waiting'}`);
}

/**
 * How the folds that stopped services have stored, taken on to the end of the log as a start does, differ from one that
 * folds the log from nothing; a sentence each.
 */
export async function storedFoldDifferences(services: readonly ServiceMember[], log: readonly LogEvent[]): Promise<string[]> {
  const wanted = describeFold(foldOf(log, new Fold()));
  const differences: string[] = [];
  for (const service of services) {
    const warnings: string[] = [];
    const readModel = await SqliteReadModel.open({ file: service.storeFile, onWarning: (message) => void warnings.push(message) });
    const stored = await readModel.load();
    await readModel.close();
    for (const warning of warnings) differences.push(`${service.name}'s read model: ${warning}`);
    if (stored === undefined) {
      differences.push(`${service.name} has stored no fold`);
      continue;
    }
    const found = describeFold(foldOf(log, Fold.restore(stored.snapshot)));
    if (found !== wanted) differences.push(`${service.name}'s fold, stored at ${stored.checkpoint.sequence}, differs from the log: ${found} instead of ${wanted}`);
  }
  return differences;
}

function foldOf(log: readonly LogEvent[], fold: Fold): Fold {
  for (const event of log) fold.apply(event);
  return fold;
}
