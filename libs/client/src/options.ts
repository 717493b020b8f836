import { Errno, IrqBypassError, parseName } from '@irqmesh/domain';
import type { ClientLog } from './log.ts';

/** How a client behaves. */
export interface ClientOptions {
  /** This host's name: 1 to 64 letters, digits, `-` or `_`. NATS permissions can bind an agent to it. */
  readonly host: string;
  /** Whether a lost session is followed by a new one, and what was registered is registered again. True unless given. */
  readonly autoReopen?: boolean;
  /** How long a register or unregister is tried, in milliseconds, 100 to 600,000. 30,000 unless given. */
  readonly requestTimeoutMs?: number;
  /** How long connecting and opening the first session may take, in milliseconds, 100 to 600,000. 10,000 unless given. */
  readonly connectTimeoutMs?: number;
  /** How long `close` may take, in milliseconds, 100 to 600,000. 5,000 unless given. */
  readonly closeTimeoutMs?: number;
  /** Where callback errors and warnings are written. The console unless given. */
  readonly log?: ClientLog;
}

/** The timeouts of a client, all given. */
export interface ClientTimeouts {
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

const DEFAULTS: ClientTimeouts = { requestTimeoutMs: 30_000, connectTimeoutMs: 10_000, closeTimeoutMs: 5_000 };

/** @throws IrqBypassError -EINVAL for an option out of its range. */
export function checkOptions(options: ClientOptions): ClientTimeouts {
  parseName('host', options.host);
  const timeouts = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof ClientTimeouts)[]) {
    const timeoutMs = options[name] ?? DEFAULTS[name];
    if (!Number.isInteger(timeoutMs) || timeoutMs < 100 || timeoutMs > 600_000) {
      throw new IrqBypassError(Errno.EINVAL, `${name} is ${String(timeoutMs)}; it must be a whole number of milliseconds from 100 to 600000`);
    }
    timeouts[name] = timeoutMs;
  }
  return timeouts;
}
