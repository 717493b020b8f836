import { ExportLineError, MAX_EXPORT_LINE_LENGTH } from '@irqmesh/protocol';

const NEWLINE = 0x0a;
/** A character takes three bytes of UTF-8 at most for each unit that its length counts. */
const MAX_LINE_BYTES = 3 * MAX_EXPORT_LINE_LENGTH;

// One that took a byte order mark away would change a line.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Lines out of the chunks of a file. It holds no more than one line that is not complete yet. */
export class LineSplitter {
  private rest: Uint8Array[] = [];
  private restBytes = 0;
  /** How many lines have been given. */
  private count = 0;

  /**
   * @returns the lines that this chunk completes
   * @throws ExportLineError for a line that is too long, or is no UTF-8
   */
  push(chunk: Uint8Array): string[] {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      this.keep(chunk);
      return [];
    }
    const complete = this.take(chunk.subarray(0, end));
    this.keep(chunk.subarray(end + 1));
    const lines = this.decode(complete);
    this.count += lines.length;
    return lines;
  }

  /** What stands behind the last line end; undefined when the file ends with one. */
  end(): string | undefined {
    if (this.restBytes === 0) return undefined;
    return this.decode(this.take(new Uint8Array(0)))[0];
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.restBytes + bytes.length > MAX_LINE_BYTES) {
      // Its number is that of the line after those which this chunk completed.
      throw new ExportLineError(this.count + 1, `it has more than ${MAX_EXPORT_LINE_LENGTH} characters`);
    }
    this.rest.push(bytes);
    this.restBytes += bytes.length;
  }

  private take(bytes: Uint8Array): Uint8Array {
    if (this.restBytes === 0) return bytes;
    const whole = Buffer.concat([...this.rest, bytes]);
    this.rest = [];
    this.restBytes = 0;
    return whole;
  }

  private decode(bytes: Uint8Array): string[] {
    try {
      return decoder.decode(bytes).split('\n');
    } catch {
      throw new ExportLineError(this.count + 1 + linesBeforeFault(bytes), 'it is not text in UTF-8');
    }
  }
}

/** How many lines are right before the first one that is no UTF-8. */
function linesBeforeFault(bytes: Uint8Array): number {
  let lines = 0;
  for (let start = 0; start <= bytes.length; lines++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return lines;
    }
    start = end + 1;
  }
  return lines;
}
