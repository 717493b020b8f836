import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { Side } from '@irqmesh/domain';
import type { OpenSession } from '../session/open-session.ts';
import { ParticipantSlot } from './participant-slot.ts';
import type { SlotContext } from './participant-slot.ts';

/** How many resting slots are looked at for each command: more than one command can add. */
const MAX_LOOKED_AT = 8;
/** Participants of one client with anything to remember. */
const MAX_PARTICIPANTS = 2_097_152;

/** The participants of a client that have anything to remember; the others are forgotten. */
export class Slots {
  private readonly slots = new Map<string, ParticipantSlot>();
  /** Slots without a registration that may have become idle. */
  private readonly resting = new Set<string>();
  private readonly context: SlotContext;

  constructor(context: SlotContext) {
    this.context = context;
  }

  find(side: Side, id: string): ParticipantSlot | undefined {
    return this.slots.get(keyOf(side, id));
  }

  /** The participant's slot, for a command. */
  async use<T>(side: Side, id: string, command: (slot: ParticipantSlot) => Promise<T>): Promise<T> {
    const key = keyOf(side, id);
    this.forgetIdle();
    const known = this.slots.get(key);
    if (known === undefined && this.slots.size >= MAX_PARTICIPANTS) throw new IrqBypassError(Errno.ENOMEM, `this client has ${MAX_PARTICIPANTS} participants, which is its limit`);
    const slot = known ?? new ParticipantSlot(side, id, this.context);
    this.slots.set(key, slot);
    try {
      return await command(slot);
    } finally {
      this.resting.add(key);
    }
  }

  sessionLost(session: OpenSession, mayRestore: boolean): void {
    for (const [key, slot] of [...this.slots]) {
      slot.sessionLost(session, mayRestore);
      this.resting.add(key);
    }
  }

  /** Unregisters everything; resolves when each has ended or failed. What failed ends with the session. */
  async unregisterAll(): Promise<void> {
    await Promise.allSettled([...this.slots.values()].map((slot) => slot.unregister()));
  }

  /** Those that were looked at longest ago. */
  private longestResting(): string[] {
    const keys: string[] = [];
    for (const key of this.resting) {
      if (keys.length === MAX_LOOKED_AT) break;
      keys.push(key);
    }
    return keys;
  }

  private forgetIdle(): void {
    for (const key of this.longestResting()) {
      const slot = this.slots.get(key);
      this.resting.delete(key);
      if (slot === undefined || slot.registration !== undefined) continue;
      if (slot.isIdle) this.slots.delete(key);
      else this.resting.add(key);
    }
  }
}

function keyOf(side: Side, id: string): string {
  return `${side} ${id}`;
}
