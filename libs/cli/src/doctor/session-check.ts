import { parseSessionsBucketKey, SESSIONS_BUCKET } from '@irqmesh/protocol';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import { ok, warn } from './check.ts';
import type { Check } from './check.ts';

/** The sessions that are open. */
export async function checkSessions(connection: NatsConnection): Promise<Check> {
  const bucket = await new Kvm(jetstream(connection)).open(SESSIONS_BUCKET);
  const keys: string[] = [];
  for await (const key of await bucket.keys()) keys.push(key);
  return sessionCheck(keys);
}

/** @param keys of the sessions' bucket */
export function sessionCheck(keys: readonly string[]): Check {
  const name = 'sessions';
  const entries = keys.map(parseSessionsBucketKey);
  const open = entries.filter(({ kind }) => kind === 'session');
  const evicted = entries.filter(({ kind }) => kind === 'evict').map(({ host }) => host);
  if (evicted.length > 0) {
    return warn(name, `the agents of ${[...new Set(evicted)].join(', ')} renew their sessions and leave calls unanswered: they are being expired`, 'restart these agents');
  }
  const hosts = new Set(open.map(({ host }) => host)).size;
  if (open.length === 0) return ok(name, 'none is open: no host is connected');
  return ok(name, `${open.length} open, of ${hosts} host${hosts === 1 ? '' : 's'}`);
}
