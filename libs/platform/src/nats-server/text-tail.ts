import type { Readable } from 'node:stream';

/** Reads a stream to its end and keeps its last characters, for error messages. */
export class TextTail {
  private tail = '';

  constructor(stream: Readable, limit: number) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      this.tail = (this.tail + chunk).slice(-limit);
    });
  }

  text(): string {
    return this.tail.trim();
  }
}
