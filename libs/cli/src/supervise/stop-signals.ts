import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C may arrive twice, from the terminal and from a wrapper that passes it on. */
const SAME_MS = 250;

/**
 * Ctrl-C and its kin. The first one asks for an orderly stop, the next ends this process at once, and with it whatever
 * it started.
 */
export class StopSignals {
  private readonly controller = new AbortController();
  private first: { readonly name: NodeJS.Signals; readonly atMs: number } | undefined;
  private readonly handler = (name: NodeJS.Signals): void => this.onSignal(name);

  constructor() {
    for (const name of SIGNALS) process.on(name, this.handler);
  }

  /** Aborted by the first signal, or by `stop`. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** How shells report the signal (130 for Ctrl-C); undefined when none came. */
  get exitCode(): number | undefined {
    return this.first === undefined ? undefined : exitCodeOf(this.first.name);
  }

  /** Asks for an orderly stop from within, for a failure. */
  stop(reason: Error): void {
    this.controller.abort(reason);
  }

  /** Leaves signals to whoever comes next. */
  release(): void {
    for (const name of SIGNALS) process.off(name, this.handler);
  }

  private onSignal(name: NodeJS.Signals): void {
    const nowMs = performance.now();
    if (this.first === undefined) {
      this.first = { name, atMs: nowMs };
      this.controller.abort(new Error(`stopped by ${name}`));
    } else if (nowMs - this.first.atMs > SAME_MS) {
      process.exit(exitCodeOf(this.first.name));
    }
  }
}

function exitCodeOf(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}
