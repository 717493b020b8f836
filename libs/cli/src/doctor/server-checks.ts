import { types } from 'node:util';
import { MIN_NATS_SERVER_VERSION } from '@irqmesh/platform/nats-server';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { formatDuration } from '../output/duration.ts';
import { fail, ok } from './check.ts';
import type { Check } from './check.ts';

/** The NATS server: where it is, how far away, and whether it is new enough. */
export async function checkServer(connection: NatsConnection): Promise<Check> {
  const name = 'NATS server';
  const version = connection.info?.version ?? 'unknown';
  const startedMs = performance.now();
  await connection.flush();
  const roundTrip = formatDuration((performance.now() - startedMs) * 1000);
  const found = `nats-server ${version} at ${connection.getServer()} (${roundTrip} away)`;
  if (isAtLeast(version, MIN_NATS_SERVER_VERSION)) return ok(name, found);
  return fail(name, found, `irqmesh needs ${MIN_NATS_SERVER_VERSION} or newer: older servers tell nobody when a session runs out`);
}

/** Whether JetStream is on for this user. */
export async function checkJetStream(manager: JetStreamManager): Promise<Check> {
  const name = 'JetStream';
  try {
    const { streams, storage } = await manager.getAccountInfo();
    return ok(name, `enabled; ${streams} streams, ${formatBytes(storage)} on disk in this account`);
  } catch (error) {
    const reason = error instanceof JetStreamApiError || !types.isNativeError(error) ? String(error) : error.message || error.name;
    return fail(name, `does not answer (${reason})`, 'start nats-server with --jetstream, or enable JetStream for this account');
  }
}

/** Compares versions such as `2.12.0` and `2.12.1-beta`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [is, must] = [version, minimum].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (const [at, number] of must!.entries()) {
    const own = is![at] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `312 B`, `4.2 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power]!}`;
}
