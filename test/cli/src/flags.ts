import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';

/** The command line is not what `--help` says; the message tells how. */
export class UsageError extends Error {}

/** The values of a command line without positional arguments. @throws UsageError for an option that is not in `options`, or lacks its value. */
export function parseFlags<Options extends ParseArgsOptionsConfig>(argv: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw isUsage(error) ? new UsageError(error.message) : error;
  }
}

/** What `parseArgs` throws for options that it does not know. */
function isUsage(error: unknown): error is { readonly code: string; readonly message: string } {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** @throws UsageError for what is no whole number from `low` to `high`. */
export function parseWhole(flag: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high) throw new UsageError(`${flag} takes a whole number from ${low} to ${high}, not "${text}"`);
  return value;
}
