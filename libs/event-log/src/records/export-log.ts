import { encodeExportHeader, encodeExportLine } from '@irqmesh/protocol';
import type { ExportSink } from './export-sink.ts';
import type { RecordSource } from './record-source.ts';

export interface ExportOptions {
  readonly source: RecordSource;
  readonly sink: ExportSink;
  /** Of the program that writes. */
  readonly irqmeshVersion: string;
  /** After each part that was written: how many of how many events. */
  readonly onProgress: (done: number, total: number) => void;
  /** Ends the export; nothing of it is left then. */
  readonly signal: AbortSignal;
}

/** How an export ended. */
export interface ExportResult {
  readonly events: number;
  readonly bytes: number;
}

/** So many characters of lines are written at once. */
const CHUNK_LENGTH = 65_536;

/**
 * Writes all that is in a log now. The sink holds either all of it or, where it can, nothing.
 * @throws what the source and the sink throw; the signal's reason when it was aborted
 */
export async function exportLog(options: ExportOptions): Promise<ExportResult> {
  const { signal, sink } = options;
  const { promise: aborted, reject: abort } = Promise.withResolvers<never>();
  const onAbort = (): void => abort(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    // An abort does not wait for a log or a sink that hangs; what is under way then ends with its source and sink.
    return await Promise.race([writeAll(options), aborted]);
  } catch (error) {
    await sink.discard();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function writeAll({ source, sink, irqmeshVersion, onProgress }: ExportOptions): Promise<ExportResult> {
  const { createdMs, firstSequence, lastSequence } = await source.identity();
  const total = lastSequence - firstSequence + 1;
  let done = 0;
  let text = `${encodeExportHeader({ partitions: source.partitions, createdMs, firstSequence, lastSequence, irqmeshVersion })}\n`;
  for await (const record of source.records(firstSequence, lastSequence)) {
    text += `${encodeExportLine(record)}\n`;
    done++;
    if (text.length < CHUNK_LENGTH) continue;
    await sink.write(text);
    text = '';
    onProgress(done, total);
  }
  await sink.write(text);
  onProgress(done, total);
  return { events: done, bytes: await sink.commit() };
}
