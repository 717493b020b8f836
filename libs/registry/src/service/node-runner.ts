import type { EventLog } from '@irqmesh/event-log';
import type { LogFollower } from '../follower/log-follower.ts';

/** A registry or a matcher: something that folds the log and answers calls. */
export interface Node<Rpc> {
  readonly rpc: Rpc;
  readonly follower: LogFollower;
  readonly ready: boolean;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a node with its process and ends it with it; the method names are those of Nest's lifecycle. */
export class NodeRunner<Rpc> {
  private readonly node: Node<Rpc>;
  private readonly log: EventLog;
  private readonly onFatal: (error: Error) => void;
  private starting: Promise<void> = Promise.resolve();

  constructor(node: Node<Rpc>, log: EventLog, onFatal: (error: Error) => void) {
    this.node = node;
    this.log = log;
    this.onFatal = onFatal;
  }

  get rpc(): Rpc {
    return this.node.rpc;
  }

  /** What is missing until the node may answer. */
  get missing(): string | undefined {
    return this.node.ready ? undefined : `folding the log: at sequence ${this.node.follower.fold.position}`;
  }

  /** Begins to fold. Health is served meanwhile: a long log must not look like a dead process. */
  onApplicationBootstrap(): void {
    this.starting = this.node.start().catch((error: Error) => this.onFatal(error));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.node.close();
    await this.starting;
    await this.log.close();
  }
}
