import { decideExpiry, sessionKey, sleep } from '@irqmesh/domain';
import type { Clock, LogEvent, NewEvent, Side, Timer } from '@irqmesh/domain';
import { LogUnavailableError } from '@irqmesh/event-log';
import type { LogFollower } from '../follower/log-follower.ts';
import type { KeyedLock } from '../keyed-lock.ts';
import type { Appender } from '../registry/appender.ts';
import type { SessionDirectory, SessionListener, SessionName, SessionState } from './session-directory.ts';

export interface SessionExpiryOptions {
  readonly side: Side;
  readonly source: string;
  readonly directory: SessionDirectory;
  readonly follower: LogFollower;
  readonly appender: Appender;
  readonly tokenLock: KeyedLock;
  readonly clock: Clock;
  /** Sessions that are kept in mind; further ones may not register. */
  readonly maxSessions: number;
  /** How often sessions with registrations are looked up again, in case a notification was missed. */
  readonly sweepEveryMs: number;
  /** Told of each renewal. */
  readonly onRenewed: (state: SessionState) => void;
  /** Told when a session's lease is gone. */
  readonly onGone: (session: SessionName) => void;
  readonly onError: (message: string, error: unknown) => void;
}

/** Whether a session may register: it holds no lease that is known, or there is no room to keep it in mind. */
export type Admission = 'admitted' | 'unknown' | 'no_room';

/** How long an append may stay unanswered before it is tried again. */
const ATTEMPT_MS = 5_000;
const RETRY_MS = 500;
/** An evicted session that still has registrations after so many looks is marked again. */
const MARK_AGAIN_ROUNDS = 10;

/**
 * Removes the registrations of sessions that are over, as a process's exit does in the kernel: when a lease's key is
 * gone, when a new session says that it replaces one, and when one is to be evicted. It keeps looking: a registration
 * that appears under a dead session is removed too.
 */
export class SessionExpiry implements SessionListener {
  private readonly options: SessionExpiryOptions;
  private readonly alive = new Map<string, SessionState>();
  /** Sessions being expired, so that each is worked on once at a time. */
  private readonly expiring = new Map<string, Promise<void>>();
  /** Sessions that do not answer: no longer admitted although they renew. */
  private readonly evicting = new Set<string>();
  private sweepTimer: Timer | undefined;
  private readonly closing = new AbortController();

  constructor(options: SessionExpiryOptions) {
    this.options = options;
    options.follower.onState((_state, event) => this.noticeRegistration(event));
  }

  /** Begins to watch. The follower must have caught up, so that what is expired is what stands in the log. */
  async start(): Promise<void> {
    await this.options.directory.start(this);
    await this.sweep();
  }

  /**
   * Whether a session may register: it holds a lease, and the one that it replaces has been expired.
   * Unknown ones are looked up at the bucket's leader, since the watch may lag.
   */
  async admit(session: SessionName): Promise<Admission> {
    if (this.evicting.has(sessionKey(session))) return 'unknown';
    const known = this.alive.get(sessionKey(session));
    const state = known ?? (await this.options.directory.lookUp(session));
    if (state === undefined) return 'unknown';
    if (known === undefined && this.isFull) return 'no_room';
    if (known === undefined) this.onRenewed(state);
    if (state.replaces !== undefined) await this.expire({ host: state.host, session: state.replaces });
    return 'admitted';
  }

  onRenewed(state: SessionState): void {
    const isNew = !this.alive.has(sessionKey(state));
    if (isNew && this.isFull) return;
    this.alive.set(sessionKey(state), state);
    if (isNew && state.replaces !== undefined) void this.expire({ host: state.host, session: state.replaces });
    this.options.onRenewed(state);
  }

  onGone(session: SessionName): void {
    this.alive.delete(sessionKey(session));
    this.evicting.delete(sessionKey(session));
    this.options.onGone(session);
    void this.expire(session);
  }

  onEviction(session: SessionName): void {
    void this.evict(session);
  }

  /** Appends an expiry for every registration of the session on this side; resolves when all stand in the log. */
  async expire(session: SessionName): Promise<void> {
    const key = sessionKey(session);
    const running = this.expiring.get(key);
    if (running !== undefined) return running;
    const run = this.expireAll(session).finally(() => this.expiring.delete(key));
    this.expiring.set(key, run);
    return run;
  }

  /** Ends one registration that its agent does not know (any more). */
  async disown(token: string, sequence: number): Promise<void> {
    await this.expireOne(token, sequence, 'disowned');
  }

  private get isFull(): boolean {
    return this.alive.size >= this.options.maxSessions;
  }

  /** Whether the session's lease is held, as far as the watch has told. */
  isAlive(session: SessionName): boolean {
    return this.alive.has(sessionKey(session));
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.sweepTimer?.cancel();
    await this.options.directory.close();
    await Promise.all(this.expiring.values());
  }

  /** An agent learns of its eviction by its lease's end, and only after its expiry is in the log on both sides. */
  private async evict(session: SessionName): Promise<void> {
    if (this.evicting.has(sessionKey(session))) return;
    this.evicting.add(sessionKey(session));
    for (let round = 1; !this.closing.signal.aborted; round++) {
      // Each time anew: a register that was on its way to the log when the session was marked may have come since.
      await this.expire(session);
      const standing = this.options.follower.fold.registrationsOf(session).some(({ registration }) => !registration.gone);
      if (!standing) break;
      // The other side's registry may have been away while the mark stood.
      if (round % MARK_AGAIN_ROUNDS === 0) await this.attempt('marking a session for eviction again', () => this.options.directory.markForEviction(session));
      await sleep(this.options.clock, RETRY_MS, this.closing.signal);
    }
    if (!this.closing.signal.aborted) await this.attempt('taking an evicted session\'s lease away', () => this.options.directory.remove(session));
  }

  private noticeRegistration({ body }: LogEvent): void {
    if (body.type !== (this.options.side === 'producer' ? 'ProducerRegistered' : 'ConsumerRegistered')) return;
    if (!this.alive.has(sessionKey(body.participant)) && this.sweepTimer !== undefined) void this.check(body.participant);
  }

  /** Expires a session that the bucket does not know. What is alive must not be taken for gone, so a look alone is not enough. */
  private async check(session: SessionName): Promise<void> {
    await this.attempt('looking a session up', async () => {
      const state = await this.options.directory.lookUp(session);
      if (state === undefined) {
        // Where it stands after all, or another registry is at it, the watch tells, or the sweep comes back to it.
        if (await this.options.directory.fence(session)) this.onGone(session);
      } else if (!this.alive.has(sessionKey(session))) this.onRenewed(state);
    });
  }

  private async sweep(): Promise<void> {
    for (const key of [...this.options.follower.fold.sessionKeys()]) {
      if (this.closing.signal.aborted) return;
      const dot = key.indexOf('.');
      await this.check({ host: key.slice(0, dot), session: key.slice(dot + 1) });
    }
    if (!this.closing.signal.aborted) this.sweepTimer = this.options.clock.after(this.options.sweepEveryMs, () => void this.sweep());
  }

  private async expireAll(session: SessionName): Promise<void> {
    const { follower, side } = this.options;
    const own = () => follower.fold.registrationsOf(session).filter(({ registration }) => registration.side === side && !registration.gone);
    for (let left = own(); left.length > 0 && !this.closing.signal.aborted; left = own()) {
      await Promise.all(left.map(({ token, registration }) => this.expireOne(token, registration.sequence, 'session_expired')));
    }
  }

  private async expireOne(token: string, sequence: number, reason: 'session_expired' | 'disowned'): Promise<void> {
    let leaderLastSequence = 0;
    while (!this.closing.signal.aborted) {
      const attempt = await this.options.tokenLock.run(token, () => this.tryExpire(token, sequence, reason, leaderLastSequence));
      if (attempt === 'done') return;
      if (typeof attempt === 'number') leaderLastSequence = attempt;
      else await sleep(this.options.clock, RETRY_MS, this.closing.signal);
    }
  }

  /** @returns `done`, `later` for trying again after a while, or where the token's events end for trying again now. */
  private async tryExpire(token: string, sequence: number, reason: 'session_expired' | 'disowned', leaderLastSequence: number): Promise<'done' | 'later' | number> {
    const { follower, appender, clock, side, source } = this.options;
    const requestId = `expiry-${sequence}`;
    const decision = decideExpiry(follower.fold, token, sequence, requestId, reason);
    if (decision === undefined || decision.kind !== 'append') return 'done';
    const event: NewEvent = { id: `expiry:${sequence}`, token, timeMs: clock.nowMs(), source, causationId: String(sequence), body: decision.body };
    const expected = Math.max(decision.expectedLastSequence, leaderLastSequence);
    try {
      const outcome = await appender.append(event, side, expected, clock.nowMs() + ATTEMPT_MS);
      if (outcome.kind === 'appended') return 'done';
      return outcome.kind === 'decide_again' ? outcome.lastSequence : 'later';
    } catch (error) {
      this.options.onError('appending an expiry', error);
      return 'later';
    }
  }

  private async attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      // The sweep comes back to it.
      if (!(error instanceof LogUnavailableError)) this.options.onError(what, error);
    }
  }
}
