import { types } from 'node:util';
import { formatDuration } from '../output/duration.ts';
import { fail, ok, warn } from './check.ts';
import type { Check } from './check.ts';

/** What `/jsz?config=1` of a NATS server says of how it writes to disk. */
export interface SyncSetting {
  /** Each write is on disk before it is acknowledged. */
  readonly always: boolean;
  /** Else: how often writes are brought to disk. */
  readonly intervalMs: number;
}

const NAME = 'disk sync';
const FETCH_TIMEOUT_MS = 2000;
const NANOS_PER_MS = 1e6;

/** How the server writes acknowledged events to disk. @param monitorUrl where it tells of itself, when that is known */
export async function checkSync(monitorUrl: string | undefined, replicas: number): Promise<Check> {
  if (monitorUrl === undefined) {
    return warn(NAME, 'not known: only the monitoring port of the NATS server tells it', 'run nats-server with --http_port 8222 and this command with --monitor http://HOST:8222');
  }
  try {
    const url = new URL('/jsz?config=1', monitorUrl);
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answers with status ${response.status}`);
    const setting = parseSyncSetting(await response.json());
    if (setting === undefined) throw new Error('its answer is not that of a nats-server with JetStream');
    return syncCheck(setting, replicas);
  } catch (error) {
    return fail(NAME, `${monitorUrl} does not tell it (${reasonOf(error)})`, 'give the HTTP address of the NATS server\'s monitoring port to --monitor');
  }
}

export function parseSyncSetting(answer: unknown): SyncSetting | undefined {
  const config = (answer as { config?: { store_dir?: unknown; sync_interval?: unknown; sync_always?: unknown } } | undefined)?.config;
  if (typeof config?.store_dir !== 'string') return undefined;
  const nanos = typeof config.sync_interval === 'number' ? config.sync_interval : 0;
  return { always: config.sync_always === true, intervalMs: nanos / NANOS_PER_MS };
}

/** With one replica, what the server has not brought to disk is lost in a power cut, acknowledged or not. */
export function syncCheck({ always, intervalMs }: SyncSetting, replicas: number): Check {
  if (always) return ok(NAME, 'every event is on disk before it is acknowledged');
  const interval = intervalMs > 0 ? formatDuration(intervalMs * 1000) : '2 min';
  if (replicas > 1) return ok(NAME, `every ${interval} on each of ${replicas} replicas: only a power cut of most of them at once loses events`);
  return warn(
    NAME,
    `every ${interval}, and there is one replica: a power cut can lose the acknowledged events of the last ${interval}; a killed process loses none`,
    'in production, set "jetstream { sync_interval: always }" in the configuration of nats-server, or use three replicas',
  );
}

function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  return types.isNativeError(error.cause) ? reasonOf(error.cause) : error.message || ('code' in error ? String(error.code) : error.name);
}
