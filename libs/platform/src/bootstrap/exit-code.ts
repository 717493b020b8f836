import { types } from 'node:util';
import { LogLostDataError } from '@irqmesh/event-log';
import { ConfigError } from '../config/load-config.ts';
import { NatsUnavailableError } from '../nats/connect-nats.ts';

/** How a service ends, after `sysexits.h`. */
export const ExitCode = {
  /** Stopped when asked to. */
  OK: 0,
  /** A fault of the program; the log has a stack. */
  FAULT: 1,
  /** Something that the service needs is not there. */
  UNAVAILABLE: 69,
  /** The log lost data, or something else the service cannot go on after. */
  FATAL: 74,
  /** A wrong value in the environment. */
  CONFIG: 78,
} as const;

/** The code for an error that a service could not start with; undefined where it is a fault of the program. */
export function startExitCode(error: unknown): number | undefined {
  if (error instanceof ConfigError) return ExitCode.CONFIG;
  if (error instanceof NatsUnavailableError || isListenError(error)) return ExitCode.UNAVAILABLE;
  if (error instanceof LogLostDataError) return ExitCode.FATAL;
  return undefined;
}

function isListenError(error: unknown): boolean {
  return types.isNativeError(error) && 'syscall' in error && error.syscall === 'listen';
}
