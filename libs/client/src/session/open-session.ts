import { setMaxListeners } from 'node:events';
import type { Clock, Random } from '@irqmesh/domain';
import type { CallbackFault } from '../agent/participant-agent.ts';
import { SessionAgent } from '../agent/session-agent.ts';
import type { RegistryCaller } from '../calls/registry-caller.ts';
import { SessionCommands } from '../calls/session-commands.ts';
import { unlessAborted } from '../calls/settle.ts';
import type { AgentEndpoint, Listening } from './agent-endpoint.ts';
import type { SessionBucket } from './session-bucket.ts';
import { SessionLease } from './session-lease.ts';
import type { SessionLossReason } from './session-lease.ts';

/** What a session reaches the rest of the world through. */
export interface SessionPorts {
  readonly host: string;
  readonly bucket: SessionBucket;
  readonly caller: RegistryCaller;
  readonly endpoint: AgentEndpoint;
  readonly clock: Clock;
  readonly random: Random;
}

export interface OpenSessionOptions {
  readonly ports: SessionPorts;
  readonly replaces: string | undefined;
  readonly onFault: (fault: CallbackFault) => void;
  readonly onUnanswered: (error: unknown) => void;
  /** Told once, when the lease is lost; the teardown has begun then. */
  readonly onLost: (session: OpenSession, reason: SessionLossReason) => void;
}

/** A session with all that belongs to it: the lease, the agent that may be called under it, and its commands. */
export class OpenSession {
  readonly name: string;
  readonly agent: SessionAgent;
  readonly commands: SessionCommands;
  /** Aborted when the session is over, lost or closed. */
  readonly ended: AbortSignal;
  /** Resolves when the session is over and everything of it has been torn down. */
  readonly tornDown: Promise<void>;
  private readonly lease: SessionLease;
  private readonly ending = new AbortController();
  private listening: Listening | undefined;

  /** Opens a session under a new name. @throws when the bucket or the endpoint cannot be reached. */
  static async open(options: OpenSessionOptions): Promise<OpenSession> {
    const session = new OpenSession(options);
    session.listening = await options.ports.endpoint.listen(session.name, {
      invoke: (items) => session.agent.invoke(items),
      holdings: () => ({ producerRequestIds: session.agent.requestIds('producer'), consumerRequestIds: session.agent.requestIds('consumer') }),
    });
    try {
      await session.lease.open();
    } catch (error) {
      await session.listening.close();
      throw error;
    }
    return session;
  }

  private constructor({ ports, replaces, onFault, onUnanswered, onLost }: OpenSessionOptions) {
    const { host, bucket, caller, clock, random } = ports;
    this.name = random.id();
    this.ended = this.ending.signal;
    // Every command of the session listens to it.
    setMaxListeners(0, this.ended);
    this.tornDown = new Promise((resolve) => {
      this.ended.addEventListener('abort', () => void this.tearDown().then(resolve), { once: true });
    });
    this.lease = new SessionLease({
      bucket,
      clock,
      host,
      session: this.name,
      replaces,
      holdings: (side) => this.agent.holdings(side),
      onLost: (reason) => {
        this.ending.abort();
        onLost(this, reason);
      },
      onUnanswered,
    });
    this.agent = new SessionAgent({ host, session: this.name, clock, mayRun: () => this.lease.isHeld(), onFault });
    this.commands = new SessionCommands({ caller, session: this.name, clock, random, ended: this.ended });
  }

  /**
   * Ends the session: tears down what is left, then gives the lease up, upon which the registries expire whatever is
   * registered still. When `signal` is aborted before the teardown is done, the lease is left to run out instead.
   * @throws when the bucket does not answer.
   */
  async close(signal: AbortSignal): Promise<void> {
    this.ending.abort();
    const isDown = await unlessAborted(this.tornDown.then(() => true), signal);
    if (isDown === true) await this.lease.close();
    else this.lease.abandon();
  }

  private async tearDown(): Promise<void> {
    await this.agent.fence();
    await this.listening?.close();
  }
}
