import { stat } from 'node:fs/promises';
import { ExportFile, restoreLog, spoolExport } from '@irqmesh/event-log';
import { withMesh } from '../connection.ts';
import { StopSignals } from '../supervise/stop-signals.ts';
import { logFailure } from './log-failure.ts';
import { Progress, rateOf } from './progress.ts';

const HOW_TO_GO_ON = `irqmesh: the services' read models know the stream that was there before: remove the services' state
folders (IRQMESH_STATE_DIR) before they start, or start them once with IRQMESH_ACCEPT_DATA_LOSS=true
`;

/** Makes the log anew from a file, or from the standard input for `-`. */
export async function runImport(file: string, replicas: number): Promise<void> {
  const signals = new StopSignals();
  const startMs = performance.now();
  try {
    const { events, bytes } = file === '-' ? await importInput(replicas, signals.signal) : await importFile(file, replicas, signals.signal);
    const seconds = (performance.now() - startMs) / 1000;
    process.stderr.write(`irqmesh: imported ${events} events in ${seconds.toFixed(1)} s (${rateOf(events, seconds)}), ${bytes} bytes\n${HOW_TO_GO_ON}`);
  } catch (error) {
    throw logFailure(error, file, signals, 'interrupted; nothing was written');
  } finally {
    signals.release();
  }
}

/** The input is read twice, so it is kept in a file first. */
async function importInput(replicas: number, signal: AbortSignal): Promise<{ readonly events: number; readonly bytes: number }> {
  const spool = await spoolExport(process.stdin, signal);
  try {
    return await importFile(spool.path, replicas, signal);
  } finally {
    await spool.remove();
  }
}

async function importFile(path: string, replicas: number, signal: AbortSignal): Promise<{ readonly events: number; readonly bytes: number }> {
  const source = await ExportFile.open(path);
  const { firstSequence, lastSequence } = source.header;
  const { size: bytes } = await stat(path);
  const total = lastSequence - firstSequence + 1;
  const steps = new Steps(firstSequence, total);
  try {
    const events = await withMesh('log import', ({ connection }) =>
      restoreLog({
        connection,
        source,
        replicas,
        onChecked: ({ sequence }) => steps.show('checking', sequence),
        onStored: (sequence) => steps.show('importing', sequence),
        signal,
      }),
    );
    return { events, bytes };
  } finally {
    steps.end();
  }
}

/** The progress of one pass after the other. */
class Steps {
  private readonly firstSequence: number;
  private readonly total: number;
  private label = '';
  private progress: Progress | undefined;

  constructor(firstSequence: number, total: number) {
    this.firstSequence = firstSequence;
    this.total = total;
  }

  show(label: string, sequence: number): void {
    if (label !== this.label) {
      this.end();
      this.label = label;
      this.progress = new Progress(label, process.stderr, () => performance.now());
    }
    this.progress?.update(sequence - this.firstSequence + 1, this.total);
  }

  end(): void {
    this.progress?.end();
  }
}
