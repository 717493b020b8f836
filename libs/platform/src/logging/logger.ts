import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { LogLevel } from '../config/settings.ts';

/** What the services log through: `logger.info({ token }, 'connected')`. */
export type Logger = Pick<pino.Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

export interface LoggerOptions {
  readonly service: string;
  readonly instance: string;
  readonly version: string;
  readonly level: LogLevel;
}

/**
 * One JSON object a line on standard output, written at once, so that the last words of a dying process are not lost.
 * An error under `err` is written with its stack, its causes and, for an IrqBypassError, its errno and code.
 */
export function createLogger({ service, instance, version, level }: LoggerOptions, destination: DestinationStream = pino.destination({ fd: 1, sync: true })): Logger {
  return pino(
    {
      level,
      base: { service, instance, version },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}
