import { types } from 'node:util';
import { LogConfigurationError, LogLostDataError, LogUnavailableError } from '@irqmesh/event-log';
import { ConfigError } from '../config/load-config.ts';
import { NatsUnavailableError } from '../nats/connect-nats.ts';

/** How a service ends, after `sysexits.h`; `docs/operations.md` tells what to do about each. */
export const ExitCode = {
  /** Stopped when asked to. */
  OK: 0,
  /** A fault of the program; the log has a stack. */
  FAULT: 1,
  /** Something that the service needs is not there; starting it again may help. */
  UNAVAILABLE: 69,
  /** The log lost data, or something else the service cannot go on after. */
  FATAL: 74,
  /** A wrong value in the environment, or a log or server that is set up otherwise than this program needs it. */
  CONFIG: 78,
} as const;

/** The code for an error that an operator can do something about; undefined for any other. */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof ConfigError || error instanceof LogConfigurationError) return ExitCode.CONFIG;
  if (error instanceof NatsUnavailableError || error instanceof LogUnavailableError || isListenError(error)) return ExitCode.UNAVAILABLE;
  if (error instanceof LogLostDataError) return ExitCode.FATAL;
  return undefined;
}

function isListenError(error: unknown): boolean {
  return types.isNativeError(error) && 'syscall' in error && error.syscall === 'listen';
}
