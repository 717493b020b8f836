const REDRAW_MS = 500;
/** Where lines cannot be redrawn, such as in a log file. */
const LINE_MS = 15_000;

/** Shows on stderr how far a long command is: one line that is redrawn on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly text: () => string;
  private readonly timer: NodeJS.Timeout;
  private drawn = false;

  constructor(text: () => string) {
    this.text = text;
    this.timer = setInterval(() => this.draw(), process.stderr.isTTY ? REDRAW_MS : LINE_MS);
  }

  /** Takes the line away. */
  stop(): void {
    clearInterval(this.timer);
    if (this.drawn && process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  }

  private draw(): void {
    this.drawn = true;
    const width = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${this.text().slice(0, width)}` : `${this.text()}\n`);
  }
}
