import { holdingsDigest, sessionKey } from '@irqmesh/domain';
import type { Registration, Side } from '@irqmesh/domain';
import type { LogFollower } from '../follower/log-follower.ts';
import type { SessionExpiry } from './session-expiry.ts';
import type { SessionName, SessionState } from './session-directory.ts';

export interface HoldingsCheckOptions {
  readonly side: Side;
  readonly follower: LogFollower;
  readonly expiry: () => SessionExpiry;
  /** Asks an agent for the request ids of the registrations it holds on this side; undefined when it does not answer. */
  readonly askHoldings: (session: SessionName) => Promise<readonly string[] | undefined>;
  readonly onDisowned: (registration: Registration, token: string) => void;
  readonly onError: (message: string, error: unknown) => void;
}

/** How many renewals in a row must differ before the agent is asked: commands under way differ for a moment. */
const RENEWALS_BEFORE_ASKING = 3;

/**
 * Compares what each renewal says the agent holds with what the log has, and removes what the agent disowns: a
 * registration of which it never heard the answer, say.
 */
export class HoldingsCheck {
  private readonly options: HoldingsCheckOptions;
  /** How many renewals in a row differed, for each session. */
  private readonly differing = new Map<string, number>();
  private readonly asking = new Set<string>();

  constructor(options: HoldingsCheckOptions) {
    this.options = options;
  }

  onRenewed(state: SessionState): void {
    const key = sessionKey(state);
    const believed = holdingsDigest(this.standing(state).map(({ registration }) => registration.requestId));
    const held = state.holdings[this.options.side];
    if (believed.count === held.count && believed.digest === held.digest) {
      this.differing.delete(key);
      return;
    }
    const times = (this.differing.get(key) ?? 0) + 1;
    this.differing.set(key, times);
    if (times >= RENEWALS_BEFORE_ASKING && !this.asking.has(key)) void this.reconcile(state);
  }

  onGone(session: SessionName): void {
    this.differing.delete(sessionKey(session));
  }

  private async reconcile(session: SessionName): Promise<void> {
    const key = sessionKey(session);
    this.asking.add(key);
    try {
      // Read before the question is asked: what is registered later the agent may rightly not name.
      const before = this.standing(session);
      const held = await this.options.askHoldings(session);
      if (held === undefined) return;
      const names = new Set(held);
      for (const { token, registration } of before) {
        if (names.has(registration.requestId)) continue;
        this.options.onDisowned(registration, token);
        await this.options.expiry().disown(token, registration.sequence);
      }
      this.differing.delete(key);
    } catch (error) {
      this.options.onError(`comparing the holdings of session ${key}`, error);
    } finally {
      this.asking.delete(key);
    }
  }

  private standing(session: SessionName) {
    const all = this.options.follower.fold.registrationsOf(session);
    return all.filter(({ registration }) => registration.side === this.options.side && !registration.gone);
  }
}
