import { ExportFile, spoolExport } from '@irqmesh/event-log';
import { ExitCode } from '../command-error.ts';
import { withMesh } from '../connection.ts';
import { logFailure } from '../log/log-failure.ts';
import { openLog } from '../open-log.ts';
import { printJson } from '../output/json.ts';
import { StopSignals } from '../supervise/stop-signals.ts';
import { verdictText } from './verdict-text.ts';
import { verifyRecords } from './verify-records.ts';
import type { LogUnderCheck, Verdict } from './verify-records.ts';

export interface VerifyOptions {
  /** `-` for the standard input; undefined for the running mesh's log. */
  readonly file: string | undefined;
  /** Tell every finding, not only the first. */
  readonly all: boolean;
  readonly json: boolean;
}

const MAX_FINDINGS = 100;

/** Checks a log and tells what it holds. The exit code says whether everything fits. */
export async function runVerify({ file, all, json }: VerifyOptions): Promise<void> {
  const signals = new StopSignals();
  try {
    const verdict = await withLog(file, signals.signal, (log) => verifyRecords(log, all ? MAX_FINDINGS : 1, signals.signal));
    if (json) printJson({ ok: verdict.findings.length === 0, ...verdict });
    else process.stdout.write(verdictText(verdict));
    if (verdict.findings.length > 0) process.exitCode = ExitCode.FAILED;
  } catch (error) {
    throw logFailure(error, file ?? 'the log', signals, 'interrupted; the log was not read to its end');
  } finally {
    signals.release();
  }
}

async function withLog(file: string | undefined, signal: AbortSignal, check: (log: LogUnderCheck) => Promise<Verdict>): Promise<Verdict> {
  if (file === undefined) return withLiveLog(check);
  if (file !== '-') return check(await logInFile(file));
  const spool = await spoolExport(process.stdin, signal);
  try {
    return await check(await logInFile(spool.path));
  } finally {
    await spool.remove();
  }
}

async function withLiveLog(check: (log: LogUnderCheck) => Promise<Verdict>): Promise<Verdict> {
  return withMesh('verify', async ({ connection }) => {
    const log = await openLog(connection);
    try {
      const { firstSequence, lastSequence } = await log.identity();
      return await check({ partitions: log.partitions, firstSequence, lastSequence, records: log.records(firstSequence, lastSequence) });
    } finally {
      await log.close();
    }
  });
}

async function logInFile(path: string): Promise<LogUnderCheck> {
  const file = await ExportFile.open(path);
  return { ...file.header, records: file.recordsAsTheyStand() };
}
