import { findRegistration, sessionKey, sleep } from '@irqmesh/domain';
import type { Clock, Side } from '@irqmesh/domain';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { Coalescer, CoalescerFullError } from '../coalescer.ts';
import type { LogFollower } from '../follower/log-follower.ts';
import type { SessionName } from '../sessions/session-directory.ts';
import type { AgentCaller } from './agent-caller.ts';

export interface AgentRouterOptions {
  readonly side: Side;
  readonly caller: AgentCaller;
  readonly follower: LogFollower;
  readonly clock: Clock;
  /**
   * A session that leaves invokes unanswered for so long, or in which one callback runs for so long, is reported, though
   * it renews: a callback that never returns would hold its token for ever.
   */
  readonly evictAfterMs: number;
  /** Resolves to whether it will be seen to; where not, it is reported again. */
  readonly onUnanswering: (session: SessionName) => Promise<boolean>;
}

/** How long a call to an agent may take; agents answer that a callback still runs well before. */
const AGENT_TIMEOUT_MS = 2_000;
/** How long a batch waits for its slowest item before the others are answered. */
const BATCH_PATIENCE_MS = 150;
/** Calls of one session that go side by side, so that one slow callback holds up few. */
const IN_FLIGHT_PER_SESSION = 4;
const MAX_BATCH = 512;
const MAX_WAITING = 16_384;

interface SessionLane {
  readonly session: SessionName;
  readonly calls: Coalescer<InvokeItemMessage, InvokeOutcomeMessage | undefined>;
  /** Since when invokes have been left unanswered; undefined after an answer. */
  unansweredSinceMs: number | undefined;
  /** Since when a callback of each registration has been reported as running. */
  readonly runningSinceMs: Map<number, number>;
  /** It has been reported, and is being seen to. */
  reported: boolean;
  open: number;
}

/** Takes the matcher's invokes to the agents and tells it how far each came. It decides nothing. */
export class AgentRouter {
  private readonly options: AgentRouterOptions;
  private readonly lanes = new Map<string, SessionLane>();

  constructor(options: AgentRouterOptions) {
    this.options = options;
  }

  /** An outcome for each item, in order; one that takes longer than the others is answered `running`. */
  async invoke(items: readonly InvokeItemMessage[]): Promise<readonly InvokeOutcomeMessage[]> {
    const outcomes: (InvokeOutcomeMessage | undefined)[] = items.map(() => undefined);
    const calls = items.map(async (item, index) => {
      outcomes[index] = await this.route(item);
    });
    const patience = new AbortController();
    await Promise.race([Promise.all(calls).finally(() => patience.abort()), sleep(this.options.clock, BATCH_PATIENCE_MS, patience.signal)]);
    return outcomes.map((outcome) => outcome ?? { status: 'running', runs: [], message: 'a callback still runs' });
  }

  private async route(item: InvokeItemMessage): Promise<InvokeOutcomeMessage> {
    const registration = findRegistration(this.options.follower.fold.token(item.token), item.registrationSequence);
    if (registration?.gone === true) return { status: 'refused', runs: [], message: 'the expiry of this registration stands in the log' };
    const lane = this.laneOf(item.participant);
    lane.open += 1;
    try {
      const outcome = await lane.calls.call(item);
      this.noteAnswer(lane, item, outcome);
      return outcome ?? { status: 'unanswered', runs: [], message: `no agent answered for session ${sessionKey(lane.session)}` };
    } catch (error) {
      // One agent that answers with an error, or is called too much, must not fail the calls to others.
      const why = error instanceof CoalescerFullError ? 'too many calls wait' : (error as Error).message;
      return { status: 'unanswered', runs: [], message: `session ${sessionKey(lane.session)}: ${why}` };
    } finally {
      lane.open -= 1;
      if (lane.open === 0 && lane.unansweredSinceMs === undefined && lane.runningSinceMs.size === 0) this.lanes.delete(sessionKey(lane.session));
    }
  }

  /** Forgets a session that is over. */
  forget(session: SessionName): void {
    this.lanes.delete(sessionKey(session));
  }

  private laneOf({ host, session }: SessionName): SessionLane {
    const key = sessionKey({ host, session });
    const known = this.lanes.get(key);
    if (known !== undefined) return known;
    const name = { host, session };
    const send = async (batch: readonly InvokeItemMessage[]): Promise<readonly (InvokeOutcomeMessage | undefined)[]> =>
      (await this.options.caller.invoke(name, batch, AGENT_TIMEOUT_MS)) ?? batch.map(() => undefined);
    const calls = new Coalescer(send, { maxInFlight: IN_FLIGHT_PER_SESSION, maxBatch: MAX_BATCH, maxWaiting: MAX_WAITING });
    const lane: SessionLane = { session: name, calls, unansweredSinceMs: undefined, runningSinceMs: new Map(), reported: false, open: 0 };
    this.lanes.set(key, lane);
    return lane;
  }

  private noteAnswer(lane: SessionLane, item: InvokeItemMessage, outcome: InvokeOutcomeMessage | undefined): void {
    const nowMs = this.options.clock.monotonicMs();
    let sinceMs: number | undefined;
    if (outcome === undefined) {
      sinceMs = lane.unansweredSinceMs ??= nowMs;
    } else {
      lane.unansweredSinceMs = undefined;
      if (outcome.status === 'running') {
        sinceMs = lane.runningSinceMs.get(item.registrationSequence) ?? nowMs;
        lane.runningSinceMs.set(item.registrationSequence, sinceMs);
      } else {
        lane.runningSinceMs.delete(item.registrationSequence);
      }
    }
    if (sinceMs === undefined || nowMs - sinceMs < this.options.evictAfterMs || lane.reported) return;
    lane.reported = true;
    void this.options.onUnanswering(lane.session).then((isSeenTo) => void (lane.reported = isSeenTo));
  }
}
