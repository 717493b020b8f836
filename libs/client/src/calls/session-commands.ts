import { Errno } from '@irqmesh/domain';
import type { Clock, Random, Side } from '@irqmesh/domain';
import type { RegisterItemMessage, ResultItemMessage, UnregisterItemMessage } from '@irqmesh/protocol';
import { Batcher } from './batcher.ts';
import type { RegistryCaller } from './registry-caller.ts';
import { settle } from './settle.ts';
import type { Command, Settled } from './settle.ts';

export interface SessionCommandsOptions {
  readonly caller: RegistryCaller;
  readonly session: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the session is over. */
  readonly ended: AbortSignal;
}

export type CommandListener = Pick<Command, 'onUnanswered' | 'onWaiting' | 'abandoned'>;

interface SideBatchers {
  readonly register: Batcher<RegisterItemMessage>;
  readonly unregister: Batcher<UnregisterItemMessage>;
  readonly result: Batcher<ResultItemMessage>;
}

/** Registers and unregisters participants of one session, and sees each command through to its end. */
export class SessionCommands {
  private readonly options: SessionCommandsOptions;
  private readonly sides: Readonly<Record<Side, SideBatchers>>;

  constructor(options: SessionCommandsOptions) {
    this.options = options;
    this.sides = { producer: this.batchers('producer'), consumer: this.batchers('consumer') };
  }

  /** Registers; undefined when the session is over before it was settled. */
  register(side: Side, item: RegisterItemMessage, listener: CommandListener): Promise<Settled | undefined> {
    const { register, result } = this.sides[side];
    const { clock, random, ended } = this.options;
    const command = { send: () => register.submit(item), ask: () => result.submit(item), isContradicted, ...listener };
    return settle(command, { clock, random, signal: ended });
  }

  /** Unregisters; undefined when the session is over, or `signal` aborted, before it was settled. */
  unregister(side: Side, item: UnregisterItemMessage, listener: CommandListener, signal: AbortSignal): Promise<Settled | undefined> {
    const { unregister, result } = this.sides[side];
    const { clock, random, ended } = this.options;
    const command = { send: () => unregister.submit(item), ask: () => result.submit(item), ...listener };
    return settle(command, { clock, random, signal: AbortSignal.any([ended, signal]) });
  }

  private batchers(side: Side): SideBatchers {
    const { caller, clock, session, ended: signal } = this.options;
    const common = { clock, session, signal };
    return {
      register: new Batcher({ ...common, send: (batch, timeoutMs) => caller.register(side, batch, timeoutMs) }),
      unregister: new Batcher({ ...common, send: (batch, timeoutMs) => caller.unregister(side, batch, timeoutMs) }),
      result: new Batcher({ ...common, send: (batch, timeoutMs) => caller.result(side, batch, timeoutMs) }),
    };
  }
}

/**
 * What cannot be so, as this side knows, and is not told to anybody:
 * - "Registered already": nothing of the participant is (rule 5). What the registry has seen is a late copy of an earlier
 *   request, which had been refused and was appended after all. Nobody holds that registration, so the registries disown
 *   it at one of the next renewals.
 * - "No such session": it is open here. The registry was told so by a server that did not know it yet; or the session is
 *   being evicted, which its agent learns at its next renewal.
 */
function isContradicted({ result, warning }: Settled): boolean {
  return (result === Errno.EINVAL && warning) || result === Errno.ENODEV;
}
