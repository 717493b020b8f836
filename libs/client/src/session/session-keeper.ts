import { Errno, IrqBypassError, sleep } from '@irqmesh/domain';
import { unlessAborted } from '../calls/settle.ts';
import { OpenSession } from './open-session.ts';
import type { OpenSessionOptions, SessionPorts } from './open-session.ts';
import type { SessionLossReason } from './session-lease.ts';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2_000;

export interface SessionKeeperOptions extends Pick<OpenSessionOptions, 'onFault' | 'onUnanswered'> {
  readonly ports: SessionPorts;
  /** Whether a lost session is followed by a new one. */
  readonly autoReopen: boolean;
  readonly onOpened: (session: OpenSession, replaces: string | undefined) => void;
  readonly onLost: (session: OpenSession, reason: SessionLossReason) => void;
  /** Told when the first attempt to open a session has failed; further ones follow by themselves. */
  readonly onOpenFailed: (error: unknown) => void;
}

/** Sees to it that there is a session: opens the first one, and after a loss the next. */
export class SessionKeeper {
  private readonly options: SessionKeeperOptions;
  private readonly closing = new AbortController();
  /** The session, or the one that is being opened; undefined when there will be none. */
  private session: Promise<OpenSession> | undefined;
  private open: OpenSession | undefined;

  constructor(options: SessionKeeperOptions) {
    this.options = options;
  }

  /** Opens the first session; tries until `signal` is aborted. @throws the last attempt's error then. */
  async start(signal: AbortSignal): Promise<void> {
    this.session = this.openNext(undefined, AbortSignal.any([signal, this.closing.signal]));
    await this.session;
  }

  /**
   * The session that is open, or the next one that will be; undefined when `signal` is aborted before.
   * @throws IrqBypassError -ENODEV when the session is lost and none follows, or the client is closed.
   */
  async current(signal: AbortSignal): Promise<OpenSession | undefined> {
    while (!signal.aborted) {
      if (this.session === undefined || this.closing.signal.aborted) throw noSession();
      const session = await unlessAborted(this.session, signal).catch((cause: unknown) => {
        throw noSession(cause);
      });
      if (session?.ended.aborted === false) return session;
    }
    return undefined;
  }

  /**
   * Ends the session; nothing is opened any more.
   * @param signal ends the waiting for callbacks that still run.
   * @throws when the bucket does not answer.
   */
  async close(signal: AbortSignal): Promise<void> {
    this.closing.abort();
    await this.open?.close(signal);
  }

  private async openNext(replaces: string | undefined, signal: AbortSignal): Promise<OpenSession> {
    const { ports, onFault, onUnanswered, onOpened, onOpenFailed } = this.options;
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      try {
        const session = await OpenSession.open({ ports, replaces, onFault, onUnanswered, onLost: (lost, reason) => this.lost(lost, reason) });
        this.open = session;
        if (this.closing.signal.aborted) await session.close(this.closing.signal);
        else onOpened(session, replaces);
        return session;
      } catch (error) {
        if (retryMs === FIRST_RETRY_MS) onOpenFailed(error);
        await sleep(ports.clock, retryMs * (0.5 + ports.random.fraction() / 2), signal);
        if (signal.aborted) throw error;
      }
    }
  }

  private lost(lost: OpenSession, reason: SessionLossReason): void {
    const reopening = this.options.autoReopen && !this.closing.signal.aborted;
    this.session = reopening ? this.reopen(lost) : undefined;
    // Nobody may be waiting for it; whoever asks for it sees how it ends.
    this.session?.catch(() => {});
    this.options.onLost(lost, reason);
  }

  /**
   * Opens the next session once the lost one is torn down: its `replaces` has the old one expired at once, and by then
   * nothing of it may be left here. A callback that hangs is not waited for longer than the old lease could last.
   */
  private async reopen(lost: OpenSession): Promise<OpenSession> {
    const { clock, bucket } = this.options.ports;
    const leaseOver = new AbortController();
    const timer = clock.after(bucket.ttlMs, () => leaseOver.abort());
    await unlessAborted(lost.tornDown, AbortSignal.any([leaseOver.signal, this.closing.signal]));
    timer.cancel();
    return this.openNext(lost.name, this.closing.signal);
  }
}

function noSession(cause?: unknown): IrqBypassError {
  return new IrqBypassError(Errno.ENODEV, 'there is no session any more', { cause });
}
