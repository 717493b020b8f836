import type { Clock } from '@irqmesh/domain';
import type { Fault } from '../faults/fault-kinds.ts';
import type { Life } from './life.ts';
import type { Message } from './network.ts';
import type { World } from './world.ts';

/** How one direction of an exchange may go wrong. */
export type Leg = Pick<Message, 'late' | 'lost'>;

/** A request and its reply. */
export interface Exchange<T> {
  readonly to: string;
  readonly what: string;
  /** Whether the request may be delivered twice. */
  readonly mayRepeat: boolean;
  readonly timeoutMs: number;
  readonly request: Leg;
  readonly reply: Leg;
  readonly onTimeout: () => Error;
  /** Does the work at the other end, once for each time that the request arrives. */
  readonly serve: (resolve: (value: T) => void, reject: (error: Error) => void) => void;
}

/** One run of a process in its place in the world: what its ports are made from. */
export class Seat {
  readonly world: World;
  /** Its node in the network, the same for all runs of the process. */
  readonly node: string;
  readonly life: Life;
  readonly clock: Clock;
  /** Strikes at a call, before or after its effect, and kills the process. */
  private readonly crash: { readonly fault: Fault; readonly kill: () => void } | undefined;

  constructor(world: World, node: string, life: Life, clock: Clock, crash?: { readonly fault: Fault; readonly kill: () => void }) {
    this.world = world;
    this.node = node;
    this.life = life;
    this.clock = clock;
    this.crash = crash;
  }

  /** Sends a request and waits for its reply; rejects with what `onTimeout` makes when none comes in time. */
  exchange<T>({ to, what, mayRepeat, timeoutMs, request, reply, onTimeout, serve }: Exchange<T>): Promise<T> {
    const { network } = this.world;
    if (this.crashes(`before: ${what}`)) return this.life.call(() => {});
    return this.life.call<T>((resolve, reject) => {
      const timer = this.clock.after(timeoutMs, () => reject(onTimeout()));
      const answer = (settle: () => void): void =>
        network.send({ from: to, to: this.node, what: `reply to ${what}`, mayRepeat: false, ...reply }, () => {
          timer.cancel();
          settle();
        });
      network.send({ from: this.node, to, what, mayRepeat, ...request }, () => {
        serve((value) => answer(() => resolve(value)), (error) => answer(() => reject(error)));
        this.crashes(`after: ${what}`);
      });
    });
  }

  /** Whether the process is killed here; it must not go on then. */
  crashes(where: string): boolean {
    const { crash, life } = this;
    const { faults, random, trace } = this.world;
    if (crash === undefined || !life.isAlive || !faults.strikes(crash.fault, random)) return false;
    trace.write(life.name, `${crash.fault} ${where}`);
    crash.kill();
    return true;
  }
}
