import type { Participant, Side } from './participant.ts';

/**
 * What the fold remembers of a participant's newest requests, so that a repeated request gets the answer of the first
 * and a participant cannot register twice, on whatever tokens.
 */
export interface ParticipantMemory {
  readonly side: Side;
  readonly participant: Participant;
  /** Its last registration: which request, on which token, and how it ended once it has. */
  readonly register: {
    readonly requestId: string;
    readonly token: string;
    readonly sequence: number;
    readonly result?: number | undefined;
  };
  /** The last unregister of that registration, once one stands in the log. */
  readonly unregister?: { readonly requestId: string; readonly sequence: number; readonly settled: boolean } | undefined;
}

/** Whether its last registration stands or may yet: not refused, and no unregister for it in the log. */
export function isRegistered(memory: ParticipantMemory): boolean {
  return memory.unregister === undefined && (memory.register.result === undefined || memory.register.result === 0);
}

/** Whether nothing of it can change any more: it is kept only to answer repeated requests. */
export function isAtRest(memory: ParticipantMemory): boolean {
  if (memory.unregister !== undefined) return memory.unregister.settled;
  return memory.register.result !== undefined && memory.register.result !== 0;
}
