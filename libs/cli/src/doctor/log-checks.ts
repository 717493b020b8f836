import { LogConfigurationError, LogUnavailableError, openJetStreamLog } from '@irqmesh/event-log';
import type { LogConfigurationProblem } from '@irqmesh/event-log';
import { STREAM_NAME } from '@irqmesh/protocol';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { formatDuration } from '../output/duration.ts';
import { fail, ok, warn } from './check.ts';
import type { Check } from './check.ts';
import { formatBytes } from './server-checks.ts';

/** What is known of the log's stream. */
export interface StreamFacts {
  readonly info: StreamInfo;
  readonly partitions: number;
}

/** The log: is its stream there, and does it keep what it must keep? The facts are missing where it cannot be used. */
export async function checkLog(connection: NatsConnection, manager: JetStreamManager): Promise<{ readonly check: Check; readonly facts?: StreamFacts }> {
  const name = 'log';
  try {
    const log = await openJetStreamLog({ connection, create: false });
    await log.close();
    const info = await manager.streams.info(STREAM_NAME);
    return { check: replicaCheck(name, connection, info, log.partitions), facts: { info, partitions: log.partitions } };
  } catch (error) {
    if (error instanceof LogConfigurationError) return { check: fail(name, error.message, configurationAdvice(error.problem)) };
    if (error instanceof LogUnavailableError) return { check: fail(name, error.message, 'see that JetStream runs and, in a cluster, that a majority of its servers is up') };
    throw error;
  }
}

function configurationAdvice(problem: LogConfigurationProblem): string {
  if (problem === 'schema') return 'services of this version refuse to start on it: use an irqmesh that is as new as the one that writes there';
  return 'the services of irqmesh make the stream where there is none; one that is there they leave as it is';
}

function replicaCheck(name: string, connection: NatsConnection, { config, state, cluster }: StreamInfo, partitions: number): Check {
  const replicas = config.num_replicas;
  const found = `stream ${STREAM_NAME}: ${partitions} partitions, ${replicas} replica${replicas === 1 ? '' : 's'}, ${state.last_seq === 0 ? 'no event yet' : `events up to #${state.last_seq} (${formatBytes(state.bytes)})`}`;
  const behind = (cluster?.replicas ?? []).filter(({ offline, current }) => offline === true || !current);
  if (behind.length > 0) return warn(name, `${found}; not up to date: ${behind.map((peer) => peer.name).join(', ')}`, 'bring these servers back: one more loss can stop the log');
  if (replicas === 1 && connection.info?.cluster !== undefined) {
    return warn(name, `${found}, on a cluster`, 'one replica is lost with its server: make the stream with IRQMESH_REPLICAS=3');
  }
  return ok(name, found);
}

/** A clock that is further off than this makes requests run out of time: they carry their deadline as a time of day. */
const MAX_CLOCK_DIFFERENCE_MS = 1000;

/** This machine's clock against the server's. */
export async function checkClock(manager: JetStreamManager): Promise<Check> {
  const sentMs = Date.now();
  const { ts } = (await manager.streams.info(STREAM_NAME)) as StreamInfo & { readonly ts?: string };
  const receivedMs = Date.now();
  return clockCheck(ts, sentMs, receivedMs);
}

/** @param serverTime when the server answered, in RFC 3339; the answer lies between the two other times */
export function clockCheck(serverTime: string | undefined, sentMs: number, receivedMs: number): Check {
  const name = 'clock';
  const serverMs = Date.parse(serverTime ?? '');
  if (Number.isNaN(serverMs)) return warn(name, 'the server does not tell its time', 'compare the clocks of all machines by hand, to within a second');
  const aheadMs = (sentMs + receivedMs) / 2 - serverMs;
  // Both clocks are read in whole milliseconds.
  const uncertainMs = (receivedMs - sentMs) / 2 + 1;
  const differenceMs = Math.abs(aheadMs);
  if (differenceMs - uncertainMs <= MAX_CLOCK_DIFFERENCE_MS) return ok(name, `at most ${formatDuration((differenceMs + uncertainMs) * 1000)} off the NATS server's`);
  return warn(
    name,
    `${formatDuration(differenceMs * 1000)} ${aheadMs > 0 ? 'ahead of' : 'behind'} the NATS server's`,
    'let all machines follow one time server: a request carries its deadline as a time of day',
  );
}

/** Whether a bucket of leases is there and lets its keys run out, with word to those who watch. */
export async function checkBucket(manager: JetStreamManager, bucket: string, use: string, replicas: number): Promise<Check> {
  const name = `${use} bucket`;
  const madeBy = 'stop the services, remove the bucket (nats kv del), and start them: they make it as it must be';
  try {
    const { config } = await manager.streams.info(`KV_${bucket}`);
    const found = `${bucket}: keys live ${formatDuration(config.max_age / 1000)}`;
    if (config.max_age === 0) return fail(name, `${bucket}: keys never run out, so that nobody is ever taken for gone`, madeBy);
    if ((config.subject_delete_marker_ttl ?? 0) === 0) return fail(name, `${found}, but no marker tells when one runs out`, madeBy);
    if (config.num_replicas < replicas) return warn(name, `${found}; ${config.num_replicas} replica, the log has ${replicas}`, madeBy);
    return ok(name, found);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) {
      return fail(name, `there is no bucket ${bucket}`, 'start the services of irqmesh, which make it');
    }
    throw error;
  }
}
