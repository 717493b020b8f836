import { Errno, IrqBypassError, leaseTerms } from '@irqmesh/domain';
import type { Clock, HoldingsDigest, LeaseTerms, Side, Timer } from '@irqmesh/domain';
import { encodeSessionRecord, sessionBucketKey } from '@irqmesh/protocol';
import type { SessionBucket } from './session-bucket.ts';

/**
 * Why a session is over.
 * - `not_renewed`: no renewal was acknowledged in time; the agent stopped by itself.
 * - `gone`: the key was no longer there, run out or removed: the session has been expired, or evicted since its agent
 *   did not answer.
 * - `taken`: the key holds what this agent did not write.
 */
export type SessionLossReason = 'not_renewed' | 'gone' | 'taken';

export interface SessionLeaseOptions {
  readonly bucket: SessionBucket;
  readonly clock: Clock;
  readonly host: string;
  readonly session: string;
  /** The session of this host that this one takes the place of. */
  readonly replaces?: string | undefined;
  /** What a renewal tells of a side's registrations. */
  readonly holdings: (side: Side) => HoldingsDigest;
  /** Told once, at the moment of the loss: refuse and tear down (rule 4). */
  readonly onLost: (reason: SessionLossReason) => void;
  /** Told when renewals begin to have no answer; they go on by themselves. */
  readonly onUnanswered: (error: unknown) => void;
}

/**
 * One session's key: opened, renewed, and given up in time (rules 4 and 12).
 *
 * The lease counts from the *sending* of the last renewal that was acknowledged: the bucket cannot have stored it
 * earlier, so the key lives for at least `ttlMs` from then on, however long the acknowledgement took.
 */
export class SessionLease {
  readonly terms: LeaseTerms;
  private readonly key: string;
  private readonly options: SessionLeaseOptions;
  private readonly openedMs: number;
  private state: 'new' | 'held' | 'over' = 'new';
  /** When the last acknowledged renewal was sent, on the monotonic clock. */
  private sinceMs = 0;
  private revision = 0;
  /** Renewals without an answer since: any of them may be stored. */
  private unanswered: { readonly value: string; readonly sentMs: number }[] = [];
  private renewing: Promise<void> = Promise.resolve();
  private renewTimer: Timer | undefined;
  private fenceTimer: Timer | undefined;

  constructor(options: SessionLeaseOptions) {
    this.options = options;
    this.terms = leaseTerms(options.bucket.ttlMs);
    this.key = sessionBucketKey(options.host, options.session);
    this.openedMs = options.clock.nowMs();
  }

  /**
   * Creates the key and begins to renew it.
   * @throws when the bucket did not answer, or not in time. Try again with a new session: a key that was created all
   *   the same has no registrations and runs out.
   */
  async open(): Promise<void> {
    const { bucket, clock, session } = this.options;
    const sentMs = clock.monotonicMs();
    const revision = await bucket.create(this.key, this.value());
    if (revision === undefined) throw new IrqBypassError(Errno.EBUSY, `the session name ${session} is taken`);
    if (clock.monotonicMs() - sentMs >= this.terms.fenceAfterMs) {
      throw new IrqBypassError(Errno.ETIMEDOUT, `opening the session took longer than ${this.terms.fenceAfterMs} ms`);
    }
    this.state = 'held';
    this.acknowledged(sentMs, revision);
    this.renewAt(sentMs + this.terms.renewEveryMs);
  }

  /**
   * Whether the lease still holds at this moment. A process that was stopped finds out here, before any timer could
   * tell it; then the loss is declared at once.
   */
  isHeld(): boolean {
    if (this.state !== 'held') return false;
    if (this.options.clock.monotonicMs() - this.sinceMs < this.terms.fenceAfterMs) return true;
    this.lose('not_renewed');
    return false;
  }

  /** Ends the session: its registrations are expired at once. Tear down before. @throws when the bucket does not answer. */
  async close(): Promise<void> {
    const wasHeld = this.state === 'held';
    this.abandon();
    await this.renewing;
    if (wasHeld) await this.options.bucket.remove(this.key, this.revision);
  }

  /** Renews no more: the session ends when its key runs out. */
  abandon(): void {
    this.state = 'over';
    this.renewTimer?.cancel();
    this.fenceTimer?.cancel();
  }

  private async renew(): Promise<void> {
    if (!this.isHeld()) return;
    const { bucket, clock, onUnanswered } = this.options;
    const { renewEveryMs } = this.terms;
    const sentMs = clock.monotonicMs();
    const value = this.value();
    this.unanswered.push({ value, sentMs });
    try {
      const revision = await bucket.update(this.key, value, this.revision, renewEveryMs);
      if (revision === undefined) return await this.readBack();
      this.acknowledged(sentMs, revision);
      this.renewAt(sentMs + renewEveryMs);
    } catch (error) {
      if (this.state === 'over') return;
      if (this.unanswered.length === 1) onUnanswered(error);
      this.renewAt(sentMs + renewEveryMs / 2);
    }
  }

  /**
   * The key is not at the revision known here. One of the own renewals may be stored whose answer was lost; only the
   * leader can tell. Which of several equal ones it was it cannot, so the lease counts from the first of them.
   */
  private async readBack(): Promise<void> {
    if (this.state === 'over') return;
    const entry = await this.options.bucket.get(this.key);
    if (!this.isHeld()) return;
    const stored = this.unanswered.find(({ value }) => value === entry?.value);
    if (entry === undefined) return this.lose('gone');
    if (stored === undefined) return this.lose('taken');
    this.acknowledged(stored.sentMs, entry.revision);
    this.renewAt(this.options.clock.monotonicMs());
  }

  private acknowledged(sentMs: number, revision: number): void {
    const { clock } = this.options;
    this.revision = revision;
    this.unanswered = [];
    if (this.state !== 'held') return;
    this.sinceMs = sentMs;
    this.fenceTimer?.cancel();
    this.fenceTimer = clock.after(sentMs + this.terms.fenceAfterMs - clock.monotonicMs(), () => void this.isHeld());
  }

  private renewAt(atMs: number): void {
    if (this.state !== 'held') return;
    const { clock } = this.options;
    this.renewTimer = clock.after(Math.max(0, atMs - clock.monotonicMs()), () => {
      this.renewing = this.renew();
    });
  }

  private lose(reason: SessionLossReason): void {
    this.abandon();
    this.options.onLost(reason);
  }

  private value(): string {
    const { host, session, replaces, holdings } = this.options;
    return encodeSessionRecord({ host, session, replaces, openedMs: this.openedMs, producers: holdings('producer'), consumers: holdings('consumer') });
  }
}
