import { leaseTerms } from '@irqmesh/domain';
import type { Clock, Random, Side } from '@irqmesh/domain';
import type { EventLog } from '@irqmesh/event-log';
import type { AgentCaller } from './agents/agent-caller.ts';
import { AgentRouter } from './agents/agent-router.ts';
import { LogFollower } from './follower/log-follower.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { ReadModel } from './read-model/port.ts';
import { Appender } from './registry/appender.ts';
import type { RegistryLimits } from './registry/limits.ts';
import { RefusalBarrier } from './registry/refusal-barrier.ts';
import { RefusalNotes } from './registry/refusal-notes.ts';
import { Registry } from './registry/registry.ts';
import { RegistryRpc } from './rpc/registry-rpc.ts';
import { HoldingsCheck } from './sessions/holdings-check.ts';
import type { SessionDirectory, SessionName } from './sessions/session-directory.ts';
import { SessionExpiry } from './sessions/session-expiry.ts';

/** Everything that a registry touches of the world. */
export interface RegistryNodePorts {
  readonly log: EventLog;
  readonly readModel: ReadModel;
  readonly sessions: SessionDirectory;
  readonly agents: AgentCaller;
  readonly clock: Clock;
  readonly random: Random;
}

export interface RegistryNodeSettings extends RegistryLimits {
  readonly side: Side;
  /** The instance's name, for the events it writes. */
  readonly instance: string;
  readonly sessionTtlMs: number;
  readonly acceptDataLoss: boolean;
  readonly evictUnansweredAfterMs: number;
}

/** What a registry reports of itself. */
export interface NodeReports {
  /** It cannot go on: the process must stop. */
  readonly onFatal: (error: Error) => void;
  readonly onWarning: (message: string, error?: unknown) => void;
}

const HOLDINGS_TIMEOUT_MS = 2_000;

/** One instance of one side's registry, put together from its parts; the services and the simulator run this. */
export class RegistryNode {
  readonly follower: LogFollower;
  readonly rpc: RegistryRpc;
  private readonly expiry: SessionExpiry;
  private readonly notes: RefusalNotes;
  private started = false;
  private closed = false;

  constructor(settings: RegistryNodeSettings, ports: RegistryNodePorts, { onFatal, onWarning }: NodeReports) {
    const { side, sessionTtlMs } = settings;
    const { log, readModel, clock, random, agents } = ports;
    const source = `${side}-registry/${settings.instance}`;
    const tokenLock = new KeyedLock();
    const follower = new LogFollower({ log, clock, readModel, acceptDataLoss: settings.acceptDataLoss, onFatal, onWarning });
    const appender = new Appender(log, follower, clock);
    const holdings = new HoldingsCheck({
      side,
      follower,
      expiry: () => this.expiry,
      askHoldings: async (session) => (await agents.holdings(session, HOLDINGS_TIMEOUT_MS))?.[side],
      onDisowned: ({ sequence }, token) => onWarning(`the agent disowns registration ${sequence} of token ${JSON.stringify(token)}: removing it`),
      onError: onWarning,
    });
    this.follower = follower;
    this.notes = new RefusalNotes({ log, clock, random, source, onLost: (reason) => onWarning(`a note of a refusal was lost: ${reason}`) });
    this.expiry = new SessionExpiry({
      side,
      source,
      directory: ports.sessions,
      follower,
      appender,
      tokenLock,
      clock,
      maxSessions: settings.maxSessions,
      sweepEveryMs: leaseTerms(sessionTtlMs).ttlMs,
      onRenewed: (state) => holdings.onRenewed(state),
      onGone: (session) => {
        holdings.onGone(session);
        router.forget(session);
      },
      onError: onWarning,
    });
    const router = new AgentRouter({
      side,
      caller: agents,
      follower,
      clock,
      evictAfterMs: settings.evictUnansweredAfterMs,
      onUnanswering: (session) => this.evict(ports.sessions, session, onWarning),
    });
    const barrier = new RefusalBarrier({ log, follower, notes: this.notes, clock });
    const registry = new Registry({ side, source, log, follower, appender, sessions: this.expiry, notes: this.notes, barrier, clock, tokenLock, sessionTtlMs, limits: settings });
    this.rpc = new RegistryRpc({ registry, router, follower, readModel, clock, sessionTtlMs });
  }

  /** Reads the log from the checkpoint and begins to watch the sessions, which waits until the fold has caught up. */
  async start(): Promise<void> {
    await this.follower.start();
    await this.follower.whenCaughtUp();
    if (this.closed) return;
    await this.expiry.start();
    this.started = true;
  }

  /** Whether it may answer: the fold has caught up with the log and the sessions are watched. */
  get ready(): boolean {
    return this.started && this.follower.caughtUp;
  }

  /** Ends the watch, writes what is gathered and closes the read model. */
  async close(): Promise<void> {
    this.closed = true;
    await this.expiry.close();
    await this.notes.close();
    await this.follower.close();
  }

  /** @returns whether both registries are told */
  private async evict(sessions: SessionDirectory, session: SessionName, onWarning: NodeReports['onWarning']): Promise<boolean> {
    onWarning(`session ${session.session} of host ${session.host} renews but leaves invokes unanswered: expiring it`);
    try {
      await sessions.markForEviction(session);
      return true;
    } catch (error) {
      onWarning('marking a session for eviction', error);
      return false;
    }
  }
}
