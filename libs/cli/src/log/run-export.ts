import { exportLog, openFileSink, openStreamSink } from '@irqmesh/event-log';
import type { ExportResult, ExportSink, RecordSource } from '@irqmesh/event-log';
import { VERSION } from '@irqmesh/platform/nats';
import { withMesh } from '../connection.ts';
import { openLog } from '../open-log.ts';
import { isOutputClosed } from '../output/closed-output.ts';
import { StopSignals } from '../supervise/stop-signals.ts';
import { logFailure } from './log-failure.ts';
import { Progress, rateOf } from './progress.ts';

/** Writes the log to a file, or to the standard output for `-`. */
export async function runExport(file: string, overwrite: boolean): Promise<void> {
  const signals = new StopSignals();
  const startMs = performance.now();
  try {
    const { events, bytes } = await withMesh('log export', async ({ connection }) => {
      const log = await openLog(connection);
      try {
        return await write(log, await sinkOf(file, overwrite), signals.signal);
      } finally {
        await log.close();
      }
    });
    const seconds = (performance.now() - startMs) / 1000;
    process.stderr.write(`irqmesh: exported ${events} events in ${seconds.toFixed(1)} s (${rateOf(events, seconds)}), ${bytes} bytes\n`);
  } catch (error) {
    // Whoever read the standard output has all they wanted (`irqmesh log export - | head`).
    if (file === '-' && isOutputClosed()) return;
    throw logFailure(error, file, signals, 'interrupted; no file was written');
  } finally {
    signals.release();
  }
}

async function write(source: RecordSource, sink: ExportSink, signal: AbortSignal): Promise<ExportResult> {
  const progress = new Progress('exporting', process.stderr, () => performance.now());
  try {
    return await exportLog({ source, sink, irqmeshVersion: VERSION, onProgress: (done, total) => progress.update(done, total), signal });
  } finally {
    progress.end();
  }
}

function sinkOf(file: string, overwrite: boolean): ExportSink | Promise<ExportSink> {
  return file === '-' ? openStreamSink(process.stdout) : openFileSink(file, overwrite);
}
