import { types } from 'node:util';
import { ExportTargetError, LogConfigurationError, LogLostDataError, LogUnavailableError, RecordRefusedError, RestoreStoppedError } from '@irqmesh/event-log';
import { ExportLineError } from '@irqmesh/protocol';
import { CommandError, ExitCode } from '../command-error.ts';
import type { StopSignals } from '../supervise/stop-signals.ts';

const TOLD_AS_THEY_ARE = [LogConfigurationError, LogLostDataError, RecordRefusedError, RestoreStoppedError] as const;

/**
 * Why an export or an import failed, for its user; what is no failure of theirs comes back as it is.
 * @param file as the user named it
 * @param signals when one of them ended it, the exit code is the signal's
 * @param nothingDone what to say when a signal ended it before anything was done
 */
export function logFailure(error: unknown, file: string, signals: StopSignals, nothingDone: string): unknown {
  if (!types.isNativeError(error)) return error;
  const exitCode = signals.exitCode ?? ExitCode.FAILED;
  const failure = (message: string): CommandError => new CommandError(message, exitCode, { cause: error });
  if (error === signals.signal.reason || error.name === 'AbortError') return failure(nothingDone);
  if (error instanceof LogUnavailableError) return new CommandError(error.message, signals.exitCode ?? ExitCode.UNAVAILABLE, { cause: error });
  if (error instanceof ExportLineError) return failure(`${file}: ${error.message}`);
  if (error instanceof ExportTargetError) return failure(error.message.endsWith('already') ? `${error.message}; --force replaces it` : error.message);
  if (TOLD_AS_THEY_ARE.some((type) => error instanceof type)) return failure(error.message);
  if ((error as NodeJS.ErrnoException).syscall !== undefined) return failure(`${file}: ${error.message}`);
  return error;
}
