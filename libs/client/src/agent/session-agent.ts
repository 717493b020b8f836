import { Errno, formatParticipant, holdingsDigest, IrqBypassError } from '@irqmesh/domain';
import type { Clock, HoldingsDigest, Side } from '@irqmesh/domain';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { ParticipantAgent } from './participant-agent.ts';
import type { CallbackFault, Holding } from './participant-agent.ts';
import { QuiesceGroup } from './quiesce-group.ts';

/** How long an invoke waits for a callback that runs before it is answered `running`. */
const DEFAULT_PATIENCE_MS = 100;
/** Invokes that may wait at once; further ones are answered without waiting. */
const MAX_WAITING = 4_096;

export interface SessionAgentOptions {
  readonly host: string;
  readonly session: string;
  readonly clock: Clock;
  /** Whether the lease still holds, judged by the clock at this moment; asked before each callback (rule 4). */
  readonly mayRun: () => boolean;
  readonly onFault: (fault: CallbackFault) => void;
  /** 0 or more; 100 unless given. */
  readonly patienceMs?: number | undefined;
}

/** All registrations of one session: who may be called, and what to tear down when the lease lapses. */
export class SessionAgent {
  private readonly agents = new Map<string, ParticipantAgent>();
  /** A group lives as long as a registration names it. */
  private readonly groups = new Map<string, { readonly group: QuiesceGroup; members: number }>();
  private readonly options: SessionAgentOptions;
  private waiting = 0;
  private fencing: Promise<void> | undefined;

  constructor(options: SessionAgentOptions) {
    this.options = options;
  }

  /**
   * Holds a registration from before its request is sent, so that it is never taken for one that the agent disowns.
   * @throws IrqBypassError -EINVAL when the participant has one already (rule 5), -ENODEV once the session is over.
   */
  hold(holding: Holding): ParticipantAgent {
    const { side, participant, quiesceGroup } = holding;
    if (this.fencing !== undefined) throw new IrqBypassError(Errno.ENODEV, `session ${this.options.session} is over`);
    const key = keyOf(side, participant.id);
    if (this.agents.has(key)) {
      throw new IrqBypassError(Errno.EINVAL, `${side} ${formatParticipant(participant)} is registered already; unregister it first`);
    }
    const { clock, mayRun, onFault } = this.options;
    const group = quiesceGroup === undefined ? undefined : this.joinGroup(quiesceGroup);
    const agent = new ParticipantAgent({ holding, clock, mayRun, onFault, group });
    this.agents.set(key, agent);
    return agent;
  }

  /**
   * Ends a registration that is unregistered or was refused: refuses its invokes at once, and holds it until nothing of
   * it can run any more. Its pair is torn down by its disconnect as a rule; if the log has skipped its callbacks, since
   * it took the registration for gone, what they left is torn down here.
   */
  async end(agent: ParticipantAgent): Promise<void> {
    await agent.fence('this registration has ended');
    await agent.quiet();
    const { side, participant, quiesceGroup } = agent.holding;
    const key = keyOf(side, participant.id);
    if (this.agents.get(key) !== agent) return;
    this.agents.delete(key);
    if (quiesceGroup !== undefined) this.quitGroup(quiesceGroup);
  }

  /** Answers a batch: an outcome for each item in the order asked. */
  invoke(items: readonly InvokeItemMessage[]): Promise<InvokeOutcomeMessage[]> {
    return Promise.all(items.map((item) => this.invokeOne(item)));
  }

  /** What a renewal tells of a side: count and digest of the registrations held. */
  holdings(side: Side): HoldingsDigest {
    return holdingsDigest(this.requestIds(side));
  }

  /** The request ids of the registrations held, those whose commands are under way included. */
  requestIds(side: Side): string[] {
    return [...this.agents.values()].filter((agent) => agent.holding.side === side).map((agent) => agent.holding.requestId);
  }

  /** Refuses every invoke from now on and tears all registrations down; resolves when that is done. */
  fence(): Promise<void> {
    this.fencing ??= Promise.all([...this.agents.values()].map((agent) => agent.fence())).then(() => {});
    return this.fencing;
  }

  private async invokeOne(item: InvokeItemMessage): Promise<InvokeOutcomeMessage> {
    const { host, session } = this.options;
    const { side, participant } = item;
    if (participant.host !== host || participant.session !== session) return refused(`this is session ${session} of host ${host}`);
    const agent = this.agents.get(keyOf(side, participant.id));
    if (agent === undefined) return refused(`${side} ${formatParticipant(participant)} is not registered here`);
    const patienceMs = this.waiting < MAX_WAITING ? (this.options.patienceMs ?? DEFAULT_PATIENCE_MS) : 0;
    this.waiting += 1;
    try {
      return await agent.invoke(item, patienceMs);
    } finally {
      this.waiting -= 1;
    }
  }

  private joinGroup(name: string): QuiesceGroup {
    const entry = this.groups.get(name) ?? { group: new QuiesceGroup(this.options.clock), members: 0 };
    entry.members += 1;
    this.groups.set(name, entry);
    return entry.group;
  }

  private quitGroup(name: string): void {
    const entry = this.groups.get(name)!;
    entry.members -= 1;
    if (entry.members === 0) this.groups.delete(name);
  }
}

function keyOf(side: Side, id: string): string {
  return `${side} ${id}`;
}

function refused(message: string): InvokeOutcomeMessage {
  return { status: 'refused', runs: [], message };
}
