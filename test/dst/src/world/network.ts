import type { Fault } from '../faults/fault-kinds.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SeededRandom } from '@irqmesh/test-load';
import type { Trace } from '../run/trace.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** The node that stands for NATS. */
export const NATS = 'nats';

/** A message between two nodes. */
export interface Message {
  readonly from: string;
  readonly to: string;
  /** For the trace. */
  readonly what: string;
  /** The fault that may delay it far beyond its time, for kinds of messages that have one. */
  readonly late?: { readonly fault: Fault; readonly lowMs: number; readonly highMs: number } | undefined;
  /** The fault that may lose it. */
  readonly lost: Fault;
  /** Whether it may arrive twice. */
  readonly mayRepeat: boolean;
}

/** Two groups of nodes that cannot reach each other. */
export interface Partition {
  readonly groups: readonly [ReadonlySet<string>, ReadonlySet<string>];
}

interface Held {
  readonly message: Message;
  readonly deliver: () => void;
}

const FASTEST_MS = 0.1;
const SLOWEST_MS = 2;
const LONGEST_DELAY_MS = 3_000;
/** The part of the messages that a partition swallows; the others arrive when it is healed. */
const SWALLOWED = 0.6;

/** Carries messages between the nodes of the world, or does not. */
export class Network {
  private readonly time: VirtualTime;
  private readonly faults: FaultPlan;
  private readonly random: SeededRandom;
  private readonly trace: Trace;
  private readonly partitions = new Set<Partition>();
  private held: Held[] = [];
  private waiting: (() => void)[] = [];

  constructor(time: VirtualTime, faults: FaultPlan, random: SeededRandom, trace: Trace) {
    this.time = time;
    this.faults = faults;
    this.random = random;
    this.trace = trace;
  }

  /** How long a message takes that nothing happens to. */
  latencyMs(): number {
    return this.random.between(FASTEST_MS, SLOWEST_MS);
  }

  /** How many of these messages one read of a socket brings: 1 and up. */
  portion(messages: number): number {
    return 1 + this.random.below(messages);
  }

  isBlocked(from: string, to: string): boolean {
    for (const { groups } of this.partitions) {
      if ((groups[0].has(from) && groups[1].has(to)) || (groups[1].has(from) && groups[0].has(to))) return true;
    }
    return false;
  }

  split(partition: Partition): void {
    this.partitions.add(partition);
  }

  /** What was held back arrives. */
  heal(partition: Partition): void {
    this.partitions.delete(partition);
    for (const { message, deliver } of this.held.splice(0)) this.send(message, deliver);
    for (const look of this.waiting.splice(0)) look();
  }

  /** Heals everything. */
  healAll(): void {
    for (const partition of [...this.partitions]) this.heal(partition);
  }

  /** Runs `look` when a partition has been healed: somebody waits for a node to be reachable. */
  whenHealed(look: () => void): void {
    this.waiting.push(look);
  }

  /** Delivers a message: after a while, twice, late, or never. */
  send(message: Message, deliver: () => void): void {
    const { from, to, what, late, lost, mayRepeat } = message;
    this.trace.detail(from, `sends to ${to}: ${what}`);
    if (this.isBlocked(from, to)) return this.block(message, deliver);
    if (this.faults.strikes(lost, this.random)) return this.trace.write(from, `${lost}: ${what}`);
    this.carry(message, this.latencyMs() + this.extraMs(message, late), deliver);
    if (!mayRepeat || !this.faults.strikes('message_duplicated', this.random)) return;
    this.trace.write(from, `message_duplicated: ${what}`);
    this.carry(message, this.latencyMs() + this.random.between(0, LONGEST_DELAY_MS), deliver);
  }

  private carry(message: Message, afterMs: number, deliver: () => void): void {
    this.time.after(afterMs, () => {
      if (this.isBlocked(message.from, message.to)) return this.block(message, deliver);
      this.trace.detail(message.to, `is sent: ${message.what}`);
      deliver();
    });
  }

  private block(message: Message, deliver: () => void): void {
    const swallowed = this.random.chance(SWALLOWED);
    this.trace.write(message.from, `${swallowed ? 'swallowed' : 'held'} by a partition: ${message.what}`);
    if (!swallowed) this.held.push({ message, deliver });
  }

  private extraMs({ from, what }: Message, late: Message['late']): number {
    if (late !== undefined && this.faults.strikes(late.fault, this.random)) {
      this.trace.write(from, `${late.fault}: ${what}`);
      return this.random.between(late.lowMs, late.highMs);
    }
    if (!this.faults.strikes('message_delayed', this.random)) return 0;
    this.trace.write(from, `message_delayed: ${what}`);
    return this.random.between(FASTEST_MS, LONGEST_DELAY_MS);
  }
}
