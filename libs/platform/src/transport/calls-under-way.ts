/** How much may be under way at once: what is beyond is refused, so that a flood cannot exhaust the memory. */
export interface CallLimits {
  readonly calls: number;
  /** Sum of the payloads. */
  readonly bytes: number;
}

/** Counts the calls that were taken and not yet answered. */
export class CallsUnderWay {
  private readonly limits: CallLimits;
  private calls = 0;
  private bytes = 0;
  private whenIdle: (() => void) | undefined;

  constructor(limits: CallLimits) {
    this.limits = limits;
  }

  get count(): number {
    return this.calls;
  }

  /** Takes a call in; false when there is no room for it. A call that is alone always has room. */
  enter(bytes: number): boolean {
    const room = this.calls < this.limits.calls && this.bytes + bytes <= this.limits.bytes;
    if (!room && this.calls > 0) return false;
    this.calls += 1;
    this.bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.calls -= 1;
    this.bytes -= bytes;
    if (this.calls === 0) this.whenIdle?.();
  }

  /** Resolves when every call is answered, or when `signal` aborts. */
  async idle(signal: AbortSignal): Promise<void> {
    if (this.calls === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.whenIdle = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
