import { types } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.ts';

/** Parts of Nest that report each step of building an application: of use only when that goes wrong. */
const CHATTY_CONTEXTS = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication', 'NestMicroservice']);

/** Lets Nest's own lines come through the service's logger. */
export class NestLogger implements LoggerService {
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  log(message: unknown, ...rest: unknown[]): void {
    const context = contextOf(rest);
    this.write(context !== undefined && CHATTY_CONTEXTS.has(context) ? 'debug' : 'info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest calls with (message, ...more, context), and for errors with (message, stack, context). */
  private write(level: keyof Logger, message: unknown, rest: readonly unknown[]): void {
    const context = contextOf(rest);
    const more = rest.slice(0, -1).filter((part) => part !== undefined);
    const fields = { ...(context === undefined ? {} : { context }), ...(more.length === 0 ? {} : { details: more }) };
    if (types.isNativeError(message)) this.logger[level]({ ...fields, err: message }, message.message);
    else if (typeof message === 'string') this.logger[level](fields, message);
    else this.logger[level]({ ...fields, message }, 'nest');
  }
}

function contextOf(rest: readonly unknown[]): string | undefined {
  const last = rest.at(-1);
  return typeof last === 'string' ? last : undefined;
}
